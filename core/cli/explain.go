package cli

import (
	"github.com/assay-bench/assay/core/record"
	"github.com/assay-bench/assay/core/rejudge"
	"github.com/assay-bench/assay/core/report"
)

type explainCommand struct {
	Result string `arg:"" type:"path" help:"A result document."`
	JSON   bool   `name:"json" help:"Print JSON."`
}

// Help is printed by assay explain --help.
func (c *explainCommand) Help() string {
	return "Judges the document again from its raw samples, offline, and holds them against the session's journal when that is there.\n\n" +
		"Exit status: 0 everything follows from the samples, whatever the verdict is; 1 something stored does not."
}

func (c *explainCommand) Run(app *App) error {
	r, err := record.ReadReduced(c.Result)
	if err != nil {
		return err
	}
	rep, err := rejudge.Check(r)
	if err != nil {
		return err
	}
	if err := rep.CheckJournal(c.Result, r); err != nil {
		return err
	}
	rep.Journal.Path = relative(rep.Journal.Path)
	if c.JSON {
		err = app.printJSON(rep)
	} else {
		report.Explain(app.Out, r, rep, app.style(app.Out))
	}
	if err == nil && !rep.Follows {
		err = told(Failed)
	}
	return err
}
