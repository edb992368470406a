package worker

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"

	"github.com/assay-bench/assay/core/fleet/internal/job"
	"github.com/assay-bench/assay/core/internal/proctree"
	"github.com/assay-bench/assay/core/machine"
	"github.com/assay-bench/assay/metal/filelock"
)

// Options of a worker.
type Options struct {
	Name     string
	Class    string
	State    string    // folder of its own, in which suites and sessions lie
	Assay    string    // the binary
	Keys     job.Keys  // whose jobs it runs; nil: anyone's
	Unpinned bool      // it runs suites without a lock file
	Store    job.Store // nil: none
	Environ  []string
	Log      io.Writer
}

// Worker measures jobs of one class.
type Worker struct {
	Options
	machine job.Machine
	lock    *os.File
	ends    context.Context // it ends when the worker may finish nothing any more
	end     context.CancelFunc
}

// Open takes the worker's folder, which nobody else may have, and looks at the machine.
// Programs that a killed worker left are ended.
func Open(ctx context.Context, o Options) (*Worker, error) {
	if err := os.MkdirAll(o.State, 0o755); err != nil {
		return nil, fmt.Errorf("worker: %w; name a folder that can be written with --state", err)
	}
	path := filepath.Join(o.State, "worker.lock")
	lock, err := filelock.Open(path, filelock.Exclusive, func() (*os.File, error) { return os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o644) })
	if err != nil {
		if errors.Is(err, filelock.ErrHeld) {
			err = fmt.Errorf("another worker has the folder %s; a second device takes a worker with another --state", o.State)
		}
		return nil, err
	}
	w := &Worker{Options: o, lock: lock}
	if w.machine, err = w.look(ctx); err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	w.ends, w.end = context.WithCancel(context.WithoutCancel(ctx))
	for _, p := range proctree.EndOrphans() {
		fmt.Fprintf(o.Log, "ended %s (pid %d), which a killed worker or session had left\n", p.Name, p.PID)
	}
	return w, nil
}

// Machine is what it measures on.
func (w *Worker) Machine() job.Machine { return w.machine }

// Interrupt ends what is measured, so that another attempt goes on with it.
func (w *Worker) Interrupt() { w.end() }

// Close gives the folder back.
func (w *Worker) Close() error {
	w.end()
	return w.lock.Close()
}

func (w *Worker) look(ctx context.Context) (job.Machine, error) {
	f, err := os.Open(w.Assay)
	if err != nil {
		return job.Machine{}, fmt.Errorf("worker: %w; name the program assay with --assay", err)
	}
	defer f.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, f); err != nil {
		return job.Machine{}, fmt.Errorf("worker: --assay %s: %w", w.Assay, err)
	}
	h := machine.Facts(ctx)
	m := job.Machine{Host: h.Hostname, OS: h.OS, Arch: h.Arch, CPU: h.CPU, Memory: h.Memory, Kernel: h.Kernel, Assay: hex.EncodeToString(sum.Sum(nil))}
	b, err := json.Marshal(m)
	if err != nil {
		return job.Machine{}, err
	}
	whole := sha256.Sum256(b)
	m.Print, m.Worker = hex.EncodeToString(whole[:]), w.Name
	return m, nil
}

// Measure is the activity.
func (w *Worker) Measure(ctx context.Context, j job.Job) (job.Outcome, error) {
	info := activity.GetInfo(ctx)
	a := &attempt{Worker: w, Job: j, number: info.Attempt}
	if activity.HasHeartbeatDetails(ctx) {
		var before job.Progress
		if err := activity.GetHeartbeatDetails(ctx, &before); err == nil {
			a.before = &before
		}
	}
	fmt.Fprintf(w.Log, "%s: attempt %d begins\n", j.ID(), info.Attempt)
	out, err := a.measure(ctx, func(p job.Progress) { activity.RecordHeartbeat(ctx, p) })
	switch {
	case err == nil:
		fmt.Fprintf(w.Log, "%s: measured, session %s\n", j.ID(), out.Session)
	default:
		fmt.Fprintf(w.Log, "%s: %v\n", j.ID(), err)
	}
	var cancelled *temporal.CanceledError
	if err != nil && ctx.Err() != nil && errors.As(context.Cause(ctx), &cancelled) {
		return job.Outcome{}, temporal.NewCanceledError(a.progress())
	}
	return out, err
}

// refuse ends a job: another attempt would end the same way.
func refuse(kind, format string, args ...any) error {
	err := fmt.Errorf(format, args...)
	return temporal.NewNonRetryableApplicationError(err.Error(), kind, errors.Unwrap(err))
}

// environ is that of assay: without what reaches the server, and with variables of the
// dispatcher in place of this machine's.
func (a *attempt) environ() []string {
	out := []string{"NO_COLOR=1", "COLUMNS=100"}
	for _, e := range a.Environ {
		own := slices.ContainsFunc([]string{"TEMPORAL_", "ASSAY_FLEET_", "ASSAY_VAR_", "COLUMNS="}, func(p string) bool { return strings.HasPrefix(e, p) })
		if !own {
			out = append(out, e)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(a.Env)) {
		if strings.HasPrefix(name, "ASSAY_VAR_") {
			out = append(out, name+"="+a.Env[name])
		}
	}
	return out
}
