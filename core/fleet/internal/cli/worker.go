package cli

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"go.temporal.io/sdk/activity"
	sdkworker "go.temporal.io/sdk/worker"

	"github.com/assay-bench/assay/core/config"
	"github.com/assay-bench/assay/core/fleet/internal/connect"
	"github.com/assay-bench/assay/core/fleet/internal/job"
	"github.com/assay-bench/assay/core/fleet/internal/worker"
	"github.com/assay-bench/assay/core/internal/crash"
)

type workerCommand struct {
	Class    string        `name:"class" required:"" placeholder:"NAME" help:"The class of machines that this one is of."`
	Name     string        `name:"name" placeholder:"NAME" help:"What the worker is called; by default as the machine."`
	State    string        `name:"state" env:"ASSAY_FLEET_STATE" type:"path" placeholder:"DIR" help:"Folder of its own for suites and sessions; by default in ~/.local/state/assay/fleet."`
	Assay    string        `name:"assay" env:"ASSAY_FLEET_ASSAY" type:"path" placeholder:"FILE" help:"The program assay; by default the one beside this, else in $PATH."`
	Keys     string        `name:"keys" xor:"whose" required:"" type:"path" placeholder:"FILE" help:"Run jobs that are signed by a key of this file, and no others."`
	Anyone   bool          `name:"anyone" xor:"whose" required:"" help:"Run whatever reaches the server: each of its clients runs programs here then."`
	Unpinned bool          `name:"unpinned" help:"Run suites without a lock file, with the plugins of this machine."`
	Drain    time.Duration `name:"drain" default:"30m" help:"How long a measurement may go on after SIGTERM; a second one ends it."`
	connect.Server
}

// Help is printed by assay-fleet worker --help.
func (c *workerCommand) Help() string {
	return "One worker serves one device. It takes one job at a time, and `assay run` takes the machine's lock for it. Ctrl-C or SIGTERM: it takes no more\njobs and ends when the one that it has is measured; the second ends that too, and another attempt goes on with what was measured."
}

func (c *workerCommand) Run(ctx context.Context, app *App) error {
	o, err := c.options(app)
	if err != nil {
		return err
	}
	if o.Store, err = c.Remote(); err != nil {
		return err
	}
	w, err := worker.Open(ctx, o)
	if err != nil {
		return err
	}
	defer w.Close()
	server, err := c.Dial(ctx, app.Logger)
	if err != nil {
		return err
	}
	defer server.Close()
	identity := fmt.Sprintf("%s (%s, %s)", o.Name, w.Machine().Host, w.Machine().CPU)
	gone := make(chan error, 1)
	fatal := func(err error) {
		select {
		case gone <- err:
		default:
		}
	}
	measures := sdkworker.New(server, job.Queue(c.Class), sdkworker.Options{
		Identity: identity, DisableWorkflowWorker: true, OnFatalError: fatal, WorkerStopTimeout: c.Drain,
		MaxConcurrentActivityExecutionSize: 1, MaxConcurrentActivityTaskPollers: 1,
		MaxHeartbeatThrottleInterval: job.HeartbeatEvery, DefaultHeartbeatThrottleInterval: job.HeartbeatEvery,
	})
	measures.RegisterActivityWithOptions(w.Measure, activity.RegisterOptions{Name: job.ActivityName})
	present := sdkworker.New(server, job.PresenceQueue(c.Class), sdkworker.Options{Identity: identity, DisableWorkflowWorker: true, OnFatalError: fatal, MaxConcurrentActivityTaskPollers: 1})
	present.RegisterActivityWithOptions(func() error { return nil }, activity.RegisterOptions{Name: "Nothing"})
	for _, x := range []sdkworker.Worker{measures, present} {
		if err := x.Start(); err != nil {
			return fmt.Errorf("worker: %w", err)
		}
	}
	fmt.Fprintf(app.Err, "worker %s of class %s asks %s for jobs\n", identity, c.Class, c.Address)
	select {
	case err = <-gone:
		err = fmt.Errorf("worker: %w", err)
	case <-app.Signals:
		fmt.Fprintln(app.Err, "ends after the job that it has; once more ends that too")
	}
	crash.Go(func() {
		<-app.Signals
		w.Interrupt()
	})
	present.Stop()
	measures.Stop()
	return err
}

func (c *workerCommand) options(app *App) (worker.Options, error) {
	o := worker.Options{Name: c.Name, Class: c.Class, State: c.State, Assay: c.Assay, Unpinned: c.Unpinned, Environ: app.Environ, Log: app.Err}
	if !config.ClassName.MatchString(c.Class) {
		return o, fmt.Errorf("--class %q: use lower-case letters, digits, ., _ and -, and start with a letter or a digit", c.Class)
	}
	var err error
	if c.Keys != "" {
		if o.Keys, err = job.ReadKeys(c.Keys); err != nil {
			return o, err
		}
	}
	if o.Name == "" {
		o.Name, _ = os.Hostname()
	}
	if o.State == "" {
		if o.State, err = app.state("fleet-" + c.Class); err != nil {
			return o, err
		}
	}
	if o.Assay == "" {
		o.Assay, err = beside("assay")
	}
	return o, err
}

// beside finds a program that is installed with this one.
func beside(name string) (string, error) {
	if own, err := os.Executable(); err == nil {
		if p, err := exec.LookPath(filepath.Join(filepath.Dir(own), name)); err == nil {
			return p, nil
		}
	}
	p, err := exec.LookPath(name)
	if err != nil {
		return "", fmt.Errorf("worker: the program %s is neither beside assay-fleet nor in $PATH; name it with --assay", name)
	}
	return filepath.Abs(p)
}
