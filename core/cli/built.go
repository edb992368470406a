package cli

import (
	"context"
	"errors"

	"github.com/assay-bench/assay/core/build"
	"github.com/assay-bench/assay/core/config"
)

// loadBuilt is load for a command that measures: what the experiments need and
// the cache does not have is built, and then everything is read and checked once
// more, so that what was a warning because the build was not there yet is an
// error now.
func (a *App) loadBuilt(ctx context.Context, s source, rebuild bool) (*loaded, error) {
	l, err := a.load(ctx, s, consent)
	if err != nil || l.diags.HasErrors() {
		return l, err
	}
	missing := unbuilt(l.experiments)
	if err := a.build(ctx, l.experiments, rebuild); err != nil {
		return nil, err
	}
	if !missing && !rebuild {
		return l, nil
	}
	if l, err = a.load(ctx, s, consent); err != nil {
		return nil, err
	}
	if unbuilt(l.experiments) {
		return nil, cannotStart{errors.New("the repository changed while it was built: run it again")}
	}
	return l, nil
}

// unbuilt says whether some variant waits for a build.
func unbuilt(experiments []*config.Experiment) bool {
	for _, e := range experiments {
		for i := range e.Cases {
			for _, v := range e.Cases[i].Variants {
				if b := v.Program.Build; b != nil && !b.Built {
					return true
				}
			}
		}
	}
	return false
}

// lookUp finds commit and folder of a build for the experiment language.
func (l *loaded) lookUp(b *config.Build) error {
	err := lookUpBuild(l.ctx, b)
	var ref *build.RefError
	if errors.As(err, &ref) {
		return config.UnknownRef{Err: errors.New(ref.Detail(relative(ref.Repo)))}
	}
	return err
}
