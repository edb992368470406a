package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"

	"github.com/assay-bench/assay/core/fleet/internal/connect"
	"github.com/assay-bench/assay/core/fleet/internal/dispatch"
)

// named is a run of this folder and the server that has it.
type named struct {
	Name           string `arg:"" optional:"" name:"run" help:"The run, as results/fleet has it; by default the latest."`
	connect.Server `embed:""`
}

// open reads the run and reaches the server, which the caller closes.
func (n *named) open(ctx context.Context, app *App) (*dispatch.Run, client.Client, error) {
	r, err := dispatch.Open(n.Name)
	if err != nil {
		return nil, nil, err
	}
	server, err := n.Dial(ctx, app.Logger)
	return r, server, err
}

type statusCommand struct {
	named
	JSON bool `name:"json" help:"Print JSON."`
}

// shown is a job as status prints it.
type shown struct {
	Class       string   `json:"class"`
	Experiments []string `json:"experiments"`
	State       string   `json:"state"`
	Worker      string   `json:"worker,omitempty"`
	Attempt     int32    `json:"attempt,omitempty"`
	Rounds      int      `json:"rounds"`
	Text        string   `json:"text"`
}

func (c *statusCommand) Run(ctx context.Context, app *App) error {
	r, server, err := c.open(ctx, app)
	if err != nil {
		return err
	}
	defer server.Close()
	var jobs []shown
	for _, t := range r.Jobs {
		s := shown{Class: t.Class, Experiments: t.Experiments}
		asked, err := dispatch.Ask(ctx, server, t)
		var absent *serviceerror.NotFound
		switch {
		case errors.As(err, &absent):
			s.State, s.Text = "absent", "`assay-fleet attach "+r.ID+"` starts it"
		case err != nil:
			return fmt.Errorf("%s: %w", t.ID(), err)
		default:
			s.State, s.Attempt, s.Text = asked.State, asked.Attempt, asked.Last
			if p := asked.Progress; p != nil {
				s.Worker, s.Rounds, s.Text = p.Machine.Worker, p.Rounds, p.Line
			}
		}
		switch {
		case t.Failure != nil:
			s.Text = t.Failure.Text
		case t.Outcome != nil:
			s.Worker, s.Attempt, s.Rounds = t.Outcome.Machine.Worker, t.Outcome.Attempt, 0
			for _, x := range t.Outcome.Results {
				s.Rounds += x.Rounds
				s.Text = strings.TrimSpace(s.Text + " " + x.Verdict)
			}
		}
		jobs = append(jobs, s)
	}
	workers := map[string][]dispatch.Present{}
	for _, class := range r.Classes() {
		if workers[class], err = dispatch.Workers(ctx, server, class); err != nil {
			return err
		}
	}
	if c.JSON {
		enc := json.NewEncoder(app.Out)
		enc.SetIndent("", "  ")
		return enc.Encode(map[string]any{"run": r.ID, "jobs": jobs, "workers": workers})
	}
	fmt.Fprintf(app.Out, "run %s, dispatched %s\n", r.ID, r.Started.Format(time.DateTime))
	out := tabwriter.NewWriter(app.Out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(out, "class\texperiments\tstate\tworker\tattempt\trounds\t")
	for _, s := range jobs {
		fmt.Fprintf(out, "%s\t%s\t%s\t%s\t%d\t%d\t%s\n", s.Class, strings.Join(s.Experiments, "+"), s.State, s.Worker, s.Attempt, s.Rounds, s.Text)
	}
	if err := out.Flush(); err != nil {
		return err
	}
	for _, class := range r.Classes() {
		if len(workers[class]) == 0 {
			fmt.Fprintf(app.Out, "class %s has no worker: `assay-fleet worker --class %s` starts one\n", class, class)
		}
		for _, w := range workers[class] {
			fmt.Fprintf(app.Out, "class %s: worker %s, heard of %s ago\n", class, w.Identity, time.Since(w.Seen).Round(time.Second))
		}
	}
	return nil
}

type cancelCommand struct{ named }

func (c *cancelCommand) Run(ctx context.Context, app *App) error {
	r, server, err := c.open(ctx, app)
	if err != nil {
		return err
	}
	defer server.Close()
	n, err := r.Cancel(ctx, server)
	fmt.Fprintf(app.Out, "run %s: %d jobs are asked to end; what they measured stays on their workers\n", r.ID, n)
	return err
}

type logsCommand struct {
	named
	Only []string `name:"only" placeholder:"NAME" help:"Only jobs with these experiments."`
}

func (c *logsCommand) Run(ctx context.Context, app *App) error {
	r, server, err := c.open(ctx, app)
	if err != nil {
		return err
	}
	defer server.Close()
	for _, t := range r.Jobs {
		if len(c.Only) > 0 && !slices.ContainsFunc(t.Experiments, func(n string) bool { return slices.Contains(c.Only, n) }) {
			continue
		}
		text := ""
		switch asked, err := dispatch.Ask(ctx, server, t); {
		case t.Outcome != nil:
			text = t.Outcome.Log
		case t.Failure != nil:
			text = t.Failure.Text
		case err != nil:
			text = err.Error()
		case asked.Progress != nil:
			text = asked.Progress.Log
		}
		fmt.Fprintf(app.Out, "== %s on %s\n%s\n", strings.Join(t.Experiments, "+"), t.Class, strings.TrimSpace(text))
	}
	return nil
}
