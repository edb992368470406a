package cli

import (
	"context"

	"github.com/assay-bench/assay/core/config"
	"github.com/assay-bench/assay/core/plan"
	"github.com/assay-bench/assay/core/report"
)

type planCommand struct {
	source
	JSON bool `name:"json" help:"Print JSON."`
}

func (c *planCommand) Run(ctx context.Context, app *App) error {
	l, err := app.load(ctx, c.source, lookOnly)
	if err != nil {
		return err
	}
	if err := l.faults(app); err != nil {
		return err
	}
	p := plan.New(l.experiments, plan.DefaultCosts())
	p.Locate(l.path)
	if err := app.learn(ctx, p, l.experiments); err != nil {
		return err
	}
	if c.JSON {
		return app.printJSON(p)
	}
	report.Plan(app.Out, p, app.style(app.Out))
	return nil
}

// path of the executable of a program, relative where that is shorter.
func (l *loaded) path(p config.Program) string {
	found, err := l.program(p)
	if err != nil {
		return ""
	}
	return relative(found.Path)
}
