package cli

import (
	"context"
	"fmt"

	"github.com/hashicorp/hcl/v2"

	"github.com/assay-bench/assay/core/diag"
	"github.com/assay-bench/assay/core/report"
)

type validateCommand struct {
	source
	Strict bool `name:"strict" help:"Take warnings for errors."`
	JSON   bool `name:"json" help:"Print diagnostics as JSON."`
}

func (c *validateCommand) Run(ctx context.Context, app *App) error {
	l, err := app.load(ctx, c.source, lookOnly)
	if err != nil {
		return err
	}
	if !l.diags.HasErrors() { // a fault may be why nothing refers to a name
		l.diags = diag.Tidy(append(l.diags, l.module.Lint()...))
	}
	if c.Strict {
		for _, d := range l.diags {
			d.Severity = hcl.DiagError
		}
	}
	if c.JSON {
		if err := app.printJSON(map[string]any{
			"valid": !l.diags.HasErrors(), "diagnostics": diag.JSON(l.diags, l.module.Files()),
		}); err != nil {
			return err
		}
		if l.diags.HasErrors() {
			return told(l.status())
		}
		return nil
	}
	if err := l.faults(app); err != nil {
		return err
	}
	cases, variants := 0, 0
	for _, e := range l.experiments {
		cases += len(e.Cases)
		for i := range e.Cases {
			variants += len(e.Cases[i].Variants)
		}
	}
	fmt.Fprintf(app.Out, "Valid: %s, %s, %s.\n",
		report.Count(len(l.experiments), "experiment"), report.Count(cases, "case"), report.Count(variants, "variant"))
	return nil
}
