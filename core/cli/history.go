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
	Folders []string `arg:"" optional:"" type:"path" help:"Folders of result documents, old ones too: show how speeds went from session to session. Without one: what is known of this machine's noise."`
	Only    []string `name:"only" placeholder:"EXPERIMENT" help:"Only these experiments of a folder; may be given more than once."`
	Last    int      `name:"last" default:"20" placeholder:"N" help:"Sessions of each variant that are shown, the latest ones; 0 shows all."`
	JSON    bool     `name:"json" help:"Print JSON."`
}

// Help is printed by assay history --help.
func (c *historyCommand) Help() string {
	return "The file is $ASSAY_HISTORY, else assay/history.jsonl under $XDG_STATE_HOME or ~/.local/state; ASSAY_HISTORY=off keeps none. `assay plan` draws on it.\n\n" +
		"Of folders, what is needed of each document is kept in an index under $XDG_CACHE_HOME or ~/.cache, which may be deleted at any time."
}

func (c *historyCommand) Run(app *App) error {
	if len(c.Folders) > 0 {
		return c.trends(app)
	}
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
