package cli

import (
	"context"
	"fmt"

	"github.com/assay-bench/assay/core/config"
	"github.com/assay-bench/assay/core/history"
	"github.com/assay-bench/assay/core/machine"
	"github.com/assay-bench/assay/core/plan"
	"github.com/assay-bench/assay/core/report"
)

type historyCommand struct {
	JSON bool `name:"json" help:"Print JSON."`
}

// Help is printed by assay history --help.
func (c *historyCommand) Help() string {
	return "The file is $ASSAY_HISTORY, else assay/history.jsonl under $XDG_STATE_HOME or ~/.local/state; ASSAY_HISTORY=off keeps none. `assay plan` draws on it."
}

func (c *historyCommand) Run(app *App) error {
	store, err := history.Open(app.Getenv)
	if err != nil {
		return err
	}
	know, err := store.Load()
	if err != nil {
		return err
	}
	if c.JSON {
		return app.printJSON(map[string]any{"path": know.Path, "sessions": know.Sessions(), "skipped_lines": know.Skipped, "noise": know.Lines()})
	}
	report.History(app.Out, know, app.style(app.Out))
	return nil
}

// learn lets the history speak to a plan. A history that cannot be read, or a
// device that is not there, leaves the plan with its assumptions.
func (a *App) learn(ctx context.Context, p *plan.Plan, experiments []*config.Experiment) error {
	know := &history.Knowledge{}
	store, err := history.Open(a.Getenv)
	if err == nil {
		var read *history.Knowledge
		if read, err = store.Load(); err == nil {
			know = read
		}
	}
	if err != nil {
		fmt.Fprintf(a.Err, "assay: warning: %v\n", err)
	}
	host := machine.Facts(ctx)
	return p.Learn(experiments, know, func(kind string) string { return history.Machine(host, kind) })
}
