package cli

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"go.temporal.io/sdk/client"
	sdkworker "go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/assay-bench/assay/core/fleet/internal/connect"
	"github.com/assay-bench/assay/core/fleet/internal/dispatch"
	"github.com/assay-bench/assay/core/fleet/internal/job"
	"github.com/assay-bench/assay/core/internal/crash"
	"github.com/assay-bench/assay/core/record"
)

type runCommand struct {
	Paths          []string          `arg:"" optional:"" default:"." help:"Folder of *.hcl files, or single files, in the working folder."`
	Var            map[string]string `name:"var" placeholder:"NAME=VALUE" mapsep:"none" help:"Set a variable; may be given more than once."`
	VarFile        []string          `name:"var-file" placeholder:"FILE" help:"Read variables from a file."`
	Only           []string          `name:"only" placeholder:"NAME" help:"Only these experiments, and those that their conditions refer to."`
	Class          []string          `name:"class" placeholder:"NAME" help:"Where experiments run that name no class; may be given more than once."`
	With           []string          `name:"with" placeholder:"PATH" help:"Send this file or folder of the working folder along, too."`
	Key            string            `name:"key" env:"ASSAY_FLEET_KEY" type:"path" placeholder:"FILE" help:"Sign the jobs with this key."`
	Detach         bool              `name:"detach" help:"End as soon as everything is dispatched."`
	connect.Server `embed:""`
	watch
}

// watch is how run and attach follow a run.
type watch struct {
	Patience time.Duration `name:"patience" default:"2m" help:"How long a class may have no worker before its experiments are cancelled."`
	UI       string        `name:"ui" env:"ASSAY_FLEET_UI" placeholder:"URL" help:"Where Temporal's user interface is, to print links to it."`
}

func (c *runCommand) Run(ctx context.Context, app *App) error {
	store, err := c.Remote()
	if err != nil {
		return err
	}
	asked := dispatch.Asked{Paths: c.Paths, Vars: c.Var, VarFiles: c.VarFile, Only: c.Only, Classes: c.Class, With: c.With, Getenv: app.Getenv}
	if c.Key != "" {
		if asked.Key, err = job.ReadKey(c.Key); err != nil {
			return err
		}
	}
	r, err := dispatch.Plan(ctx, asked, store)
	if err != nil {
		return err
	}
	server, err := c.Dial(ctx, app.Logger)
	if err != nil {
		return err
	}
	defer server.Close()
	if err := r.Save(); err != nil {
		return err
	}
	if c.Detach {
		if err := r.Start(ctx, server); err != nil {
			return err
		}
		fmt.Fprintf(app.Out, "run %s\n", r.ID)
		return nil
	}
	return c.follow(ctx, app, server, c.Namespace, store, r)
}

type attachCommand struct {
	named
	watch
}

func (c *attachCommand) Run(ctx context.Context, app *App) error {
	store, err := c.Remote()
	if err != nil {
		return err
	}
	r, server, err := c.open(ctx, app)
	if err != nil {
		return err
	}
	defer server.Close()
	return c.follow(ctx, app, server, c.Namespace, store, r)
}

// follow serves the workflows too, so that a server alone is enough.
func (c *watch) follow(ctx context.Context, app *App, server client.Client, namespace string, store job.Store, r *dispatch.Run) error {
	w := sdkworker.New(server, job.WorkflowQueue, sdkworker.Options{LocalActivityWorkerOnly: true})
	w.RegisterWorkflowWithOptions(job.Experiment, workflow.RegisterOptions{Name: job.WorkflowName})
	if err := w.Start(); err != nil {
		return fmt.Errorf("workflows: %w", err)
	}
	defer w.Stop()
	fmt.Fprintf(app.Err, "run %s: %d jobs for %s\n", r.ID, len(r.Jobs), strings.Join(r.Classes(), ", "))
	if c.UI != "" {
		fmt.Fprintf(app.Err, "%s/namespaces/%s/workflows?query=%s\n", strings.TrimSuffix(c.UI, "/"), namespace, url.QueryEscape(fmt.Sprintf("WorkflowId STARTS_WITH %q", "assay/"+r.ID+"/")))
	}
	if err := r.Start(ctx, server); err != nil {
		return err
	}
	watching, stop := context.WithCancel(ctx)
	defer stop()
	left := make(chan struct{})
	crash.Go(func() {
		select {
		case <-app.Signals:
			close(left)
			stop()
		case <-watching.Done():
		}
	})
	err := r.Follow(watching, dispatch.Watch{Client: server, Store: store, Out: app.Err, Patience: c.Patience})
	select {
	case <-left:
		fmt.Fprintf(app.Err, "the run goes on without this command: `assay-fleet attach %s` follows it again, `assay-fleet cancel %s` ends it\n", r.ID, r.ID)
		return told(interrupted)
	default:
	}
	if err != nil {
		return err
	}
	return conclude(app, r)
}

// conclude prints what came of a run that is done.
func conclude(app *App, r *dispatch.Run) error {
	if err := dispatch.Table(app.Out, r); err != nil {
		return err
	}
	dispatch.Account(app.Out, r)
	fmt.Fprintf(app.Out, "documents: %s\n", r.Folder)
	if s := statusOf(r); s != passed {
		return told(s)
	}
	return nil
}

// statusOf is the worst of a run by the rules of assay: a fail is an answer and comes
// first, then what kept answers from being found.
func statusOf(r *dispatch.Run) int {
	worst := passed
	rank := []int{passed, undecided, lost, badUsage, failed}
	note := func(s int) {
		if slices.Index(rank, s) > slices.Index(rank, worst) {
			worst = s
		}
	}
	for _, t := range r.Jobs {
		switch {
		case t.Outcome != nil:
			for _, x := range t.Outcome.Results {
				note(statusOfResult(x))
			}
		case t.Failure != nil && (t.Failure.Kind == job.Refused || t.Failure.Kind == job.Misfit):
			note(badUsage)
		default:
			note(lost)
		}
	}
	return worst
}

func statusOfResult(x job.Result) int {
	switch {
	case x.Verdict == "fail":
		return failed
	case x.Status == string(record.Crashed) || x.Status == string(record.Hung):
		return lost
	case x.Status == string(record.Partial) || x.Verdict == "inconclusive" || x.Verdict == "invalid":
		return undecided
	}
	return passed
}
