package config

import (
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/assay-bench/assay/core/expr"
)

// UnknownRef is what [ResolveOptions.Build] answers with when the repository
// has no such branch, tag or commit.
type UnknownRef struct{ Err error }

func (e UnknownRef) Error() string { return e.Err.Error() }
func (e UnknownRef) Unwrap() error { return e.Err }

var buildSchema = &hcl.BodySchema{Attributes: []hcl.AttributeSchema{
	{Name: "repo"}, {Name: "ref"}, {Name: "command"}, {Name: "env"}, {Name: "timeout"},
}}

const (
	maxBuilds           = 100 // of a configuration: each is looked up in a repository
	defaultBuildTimeout = 30 * time.Minute
	maxBuildTimeout     = 24 * time.Hour
)

// built is a build that was looked up.
type built struct {
	Build
	err error
}

// buildLayer is one build block with the names that it may use. A later layer
// overrides an earlier one argument by argument.
type buildLayer struct {
	*hcl.Block
	scope *hcl.EvalContext
}

// build merges the layers and looks the build up. Its faults are the arm's; ok
// is false when the build could not be resolved.
func (a *arm) build(layers []buildLayer) (b *Build, ok bool) {
	readers := make([]*reader, len(layers))
	for i, l := range layers {
		content, diags := contentOf(l.Body, buildSchema)
		readers[i] = &reader{attrs: content.Attributes, scope: l.scope, diags: explain(diags)}
	}
	of := func(name string) *reader {
		for i := len(readers) - 1; i > 0; i-- {
			if readers[i].attrs[name] != nil {
				return readers[i]
			}
		}
		return readers[0]
	}
	header := layers[len(layers)-1].DefRange
	b = &Build{
		Repo: of("repo").str("repo", "."), Ref: of("ref").str("ref", ""), Command: of("command").strings("command"),
		Env: applied(of("env").stringMap("env")), Timeout: of("timeout").duration("timeout", defaultBuildTimeout, time.Second, maxBuildTimeout),
	}
	if len(b.Command) == 0 && !faulty(readers) {
		of("command").fault(header, "Missing required argument", `A build needs a command, here or in the experiment's build block: command = ["make"].`)
	}
	var err error
	if b.Repo, err = a.x.resolver.module.absolute(b.Repo); err != nil {
		of("repo").fault(header, "No folder", "%s", sentence(err.Error()))
	}
	ok = !faulty(readers) && known(readers)
	if ok {
		ok = a.lookUp(b, of("ref"), of("repo"), header)
	}
	for _, r := range readers {
		a.diags = append(a.diags, r.diags...)
	}
	return b, ok
}

// lookUp asks for commit and folder, once for the same build.
func (a *arm) lookUp(b *Build, ref, repo *reader, header hcl.Range) bool {
	r := a.x.resolver
	if r.opts.Build == nil {
		return false
	}
	key := fmt.Sprintf("%q %q %q %v", b.Repo, b.Ref, b.Command, b.Env)
	found, ok := r.builds[key]
	if !ok && len(r.builds) >= maxBuilds {
		repo.fault(header, "Too many builds", "The experiments have more than %d builds. Take values out of the matrix, or what depends on it out of build.", maxBuilds)
		return false
	}
	if !ok {
		found = built{Build: *b}
		found.err = r.opts.Build(&found.Build)
		r.builds[key] = found
	}
	timeout := b.Timeout
	*b = found.Build
	b.Timeout = timeout
	if found.err == nil {
		return true
	}
	at := header
	if attr := repo.attrs["repo"]; attr != nil {
		at = attr.Expr.Range()
	}
	var unknown UnknownRef
	if errors.As(found.err, &unknown) {
		if attr := ref.attrs["ref"]; attr != nil {
			at = attr.Expr.Range()
		}
		ref.fault(at, "Unknown git ref", "%s", sentence(unknown.Error()))
		return false
	}
	repo.fault(at, "Cannot be built", "%s", sentence(found.err.Error()))
	return false
}

func faulty(readers []*reader) bool {
	for _, r := range readers {
		if r.diags.HasErrors() {
			return true
		}
	}
	return false
}

// known is false when an argument has no value because of an earlier fault.
func known(readers []*reader) bool {
	for _, r := range readers {
		for _, attr := range r.attrs {
			if v, diags := expr.Eval(attr.Expr, r.scope); diags.HasErrors() || !v.IsWhollyKnown() {
				return false
			}
		}
	}
	return true
}

// withBuild is a scope that knows build.dir and build.commit; their values are
// unknown where the build could not be resolved.
func withBuild(scope *hcl.EvalContext, b *Build, ok bool) *hcl.EvalContext {
	dir, commit := cty.UnknownVal(cty.String), cty.UnknownVal(cty.String)
	if ok {
		dir, commit = cty.StringVal(b.Dir), cty.StringVal(b.Commit)
	}
	return with(scope, "build", cty.ObjectVal(map[string]cty.Value{"dir": dir, "commit": commit}))
}

// absolute makes a path absolute that is relative to the configuration's folder.
func (m *Module) absolute(p string) (string, error) {
	if !filepath.IsAbs(p) {
		p = filepath.Join(filepath.FromSlash(m.Dir), p)
	}
	return filepath.Abs(p)
}
