package cli

import (
	"github.com/assay-bench/assay/core/compare"
	"github.com/assay-bench/assay/core/record"
	"github.com/assay-bench/assay/core/report"
)

type compareCommand struct {
	A    string `arg:"" type:"path" help:"A result document."`
	B    string `arg:"" type:"path" help:"Another one, usually a later session's."`
	JSON bool   `name:"json" help:"Print JSON."`
}

// Help is printed by assay compare --help.
func (c *compareCommand) Help() string {
	return "Compares speeds against each session's own baseline by their intervals. Raw times are shown only when device, driver, OS, CPU, plugin, configuration and assay are the same.\n\n" +
		"Exit status: 0 whatever changed; 2 when a file is no result document or the two have nothing in common."
}

func (c *compareCommand) Run(app *App) error {
	a, err := record.ReadResult(c.A)
	if err != nil {
		return err
	}
	b, err := record.ReadResult(c.B)
	if err != nil {
		return err
	}
	rep, err := compare.Compare(relative(c.A), relative(c.B), a, b)
	if err != nil {
		return err
	}
	if c.JSON {
		return app.printJSON(rep)
	}
	report.Compare(app.Out, rep, app.style(app.Out))
	return nil
}
