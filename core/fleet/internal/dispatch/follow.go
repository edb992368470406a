package dispatch

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"sync"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"

	"github.com/assay-bench/assay/core/fleet/internal/job"
	"github.com/assay-bench/assay/core/internal/crash"
	"github.com/assay-bench/assay/core/record"
)

// Watch is who follows a run.
type Watch struct {
	Client   client.Client
	Store    job.Store
	Out      io.Writer     // one line for whatever is new
	Patience time.Duration // how long a class may have no worker
}

// Follow waits for every job and writes the documents of each as soon as it is accepted.
// It ends early with ctx; the run goes on then.
func (r *Run) Follow(ctx context.Context, w Watch) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	r.lonely = map[string]time.Duration{}
	var group sync.WaitGroup
	lines := make(chan string)
	failed := make(chan error, len(r.Jobs))
	for _, t := range r.Jobs {
		if t.Done() {
			continue
		}
		group.Add(1)
		crash.Go(func() {
			defer group.Done()
			if err := r.await(ctx, w, t, lines); err != nil && ctx.Err() == nil {
				failed <- err
			}
		})
	}
	ended := make(chan struct{})
	crash.Go(func() { group.Wait(); close(ended) })
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	p := &progress{run: r, watch: w, seen: map[string]string{}, absent: map[string]time.Time{}}
	for {
		select {
		case line := <-lines:
			fmt.Fprintln(w.Out, line)
		case <-tick.C:
			p.look(ctx)
		case err := <-failed:
			stop()
			for {
				select {
				case <-lines:
				case <-ended:
					return err
				}
			}
		case <-ended:
			return ctx.Err()
		}
	}
}

// await waits for one job.
func (r *Run) await(ctx context.Context, w Watch, t *Tracked, lines chan<- string) error {
	var out job.Outcome
	err := w.Client.GetWorkflow(ctx, t.ID(), "").Get(ctx, &out)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	var failure *Failure
	if err == nil {
		err = r.collect(ctx, w.Store, t, &out)
		if err != nil {
			return fmt.Errorf("%s: %w; `assay-fleet attach %s` fetches it again", t.ID(), err, r.ID)
		}
	} else if failure = failureOf(err); failure == nil {
		return fmt.Errorf("%s: %w; the run goes on: `assay-fleet attach %s`", t.ID(), err, r.ID)
	}
	r.mu.Lock()
	if waited, ok := r.lonely[t.Class]; ok && failure != nil && failure.Kind == cancelled {
		failure.Text += fmt.Sprintf(": no worker of class %s came in %s; start one there, `assay-fleet worker --class %s`, and run it again", t.Class, waited, t.Class)
	}
	if t.Failure = failure; failure == nil {
		t.Outcome = &out
	}
	err = r.save()
	r.mu.Unlock()
	line := t.label() + ": "
	if failure != nil {
		line += failure.Text
	} else {
		line += verdicts(&out) + " on " + out.Machine.Worker
	}
	select {
	case lines <- line:
	case <-ctx.Done():
	}
	return err
}

// label is how a job is called on the terminal.
func (t *Tracked) label() string {
	return fmt.Sprintf("%-10s %s", t.Class, strings.Join(t.Experiments, "+"))
}

func verdicts(o *job.Outcome) string {
	var parts []string
	for _, x := range o.Results {
		parts = append(parts, fmt.Sprintf("%s (%s, %d rounds)", x.Verdict, x.Status, x.Rounds))
	}
	return strings.Join(parts, ", ")
}

const cancelled = "Cancelled"

// failureOf is what ended a job; nil where the question failed, not the job.
func failureOf(err error) *Failure {
	var ended *temporal.WorkflowExecutionError
	if !errors.As(err, &ended) {
		return nil
	}
	var ordered *temporal.CanceledError
	var app *temporal.ApplicationError
	var late *temporal.TimeoutError
	switch {
	case errors.As(err, &ordered):
		return &Failure{cancelled, "cancelled" + partial(ordered)}
	case errors.As(err, &app):
		return &Failure{app.Type(), app.Message()}
	case errors.As(err, &late):
		return &Failure{"Timeout", "its worker was silent at every attempt: " + late.Message()}
	}
	return &Failure{"Ended", ended.Error()}
}

func partial(c *temporal.CanceledError) string {
	var p job.Progress
	if !c.HasDetails() || c.Details(&p) != nil || p.Session == "" {
		return ""
	}
	return fmt.Sprintf(" after %d rounds; worker %s on %s has them in session %s", p.Rounds, p.Machine.Worker, p.Machine.Host, p.Session)
}

// collect brings the documents of an outcome home, whole and each as it was sent.
func (r *Run) collect(ctx context.Context, s job.Store, t *Tracked, o *job.Outcome) error {
	packed, err := o.Documents.Bytes(ctx, s)
	if err != nil {
		return fmt.Errorf("documents: %w", err)
	}
	files, err := job.Contents(packed)
	if err != nil {
		return fmt.Errorf("documents: %w", err)
	}
	if len(files) != len(t.Experiments) || len(o.Results) != len(t.Experiments) {
		return fmt.Errorf("documents: %d arrived of %d experiments", len(files), len(t.Experiments))
	}
	for i, name := range t.Experiments {
		b, ok := files["documents/"+name+".json"]
		sum := sha256.Sum256(b)
		if got := hex.EncodeToString(sum[:]); !ok || o.Results[i].Experiment != name || o.Results[i].SHA256 != got {
			return fmt.Errorf("document of %s: it is not the one that was accepted", name)
		}
		if err := record.WriteFile(r.Document(t.Class, name), b); err != nil {
			return err
		}
	}
	o.Documents.Inline = nil // they are files now
	return nil
}

// Document is where a document is brought to.
func (r *Run) Document(class, name string) string {
	return filepath.Join(r.Folder, class, name+".json")
}

// progress looks at jobs that run, and for workers.
type progress struct {
	run    *Run
	watch  Watch
	seen   map[string]string // the last line of each job
	absent map[string]time.Time
	at     int
}

// looked bounds how many jobs are asked about in a second.
const looked = 16

func (p *progress) look(ctx context.Context) {
	open := map[string]int{}
	p.run.mu.Lock()
	var jobs []*Tracked
	for _, t := range p.run.Jobs {
		if !t.Done() {
			jobs, open[t.Class] = append(jobs, t), open[t.Class]+1
		}
	}
	p.run.mu.Unlock()
	for range min(looked, len(jobs)) {
		p.at++
		t := jobs[p.at%len(jobs)]
		s, err := Ask(ctx, p.watch.Client, t)
		if err != nil || s.Progress == nil || s.Progress.Line == "" {
			continue
		}
		line := fmt.Sprintf("%s: %s", t.label(), s.Progress.Line)
		if s.Progress.Attempt > 1 {
			line += fmt.Sprintf(" (attempt %d, on %s)", s.Progress.Attempt, s.Progress.Machine.Worker)
		}
		if p.seen[t.ID()] != line {
			p.seen[t.ID()] = line
			fmt.Fprintln(p.watch.Out, line)
		}
	}
	p.workers(ctx, open)
}

// workers says which classes have none, and after some patience cancels their jobs.
func (p *progress) workers(ctx context.Context, open map[string]int) {
	for class, n := range open {
		found, err := Workers(ctx, p.watch.Client, class)
		if err != nil || len(found) > 0 {
			delete(p.absent, class)
			continue
		}
		since, known := p.absent[class]
		if !known {
			since = time.Now()
			p.absent[class] = since
			fmt.Fprintf(p.watch.Out, "%-10s no worker of this class is there for %d of its experiments: `assay-fleet worker --class %s` on such a machine starts one; waiting for %s\n", class, n, class, p.watch.Patience)
		}
		if time.Since(since) >= p.watch.Patience {
			fmt.Fprintf(p.watch.Out, "%-10s no worker came in %s: its experiments are cancelled\n", class, p.watch.Patience)
			p.run.mu.Lock()
			p.run.lonely[class] = p.watch.Patience
			p.run.mu.Unlock()
			if _, err := p.run.Cancel(ctx, p.watch.Client, class); err == nil {
				p.absent[class] = time.Now().Add(24 * time.Hour) // once
			}
		}
	}
}

// Status of a job, by the server.
type Status struct {
	State    string // waiting, running, completed, failed, canceled, …
	Attempt  int32
	Progress *job.Progress
	Last     string // why the attempt before failed
}

// Ask the server how far a job is.
func Ask(ctx context.Context, c client.Client, t *Tracked) (Status, error) {
	d, err := c.DescribeWorkflowExecution(ctx, t.ID(), "")
	if err != nil {
		return Status{}, err
	}
	s := Status{State: strings.ToLower(d.GetWorkflowExecutionInfo().GetStatus().String())}
	if d.GetWorkflowExecutionInfo().GetStatus() != enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING {
		return s, nil
	}
	s.State = "waiting"
	for _, a := range d.GetPendingActivities() {
		s.Attempt = a.GetAttempt()
		if a.GetState() == enumspb.PENDING_ACTIVITY_STATE_STARTED {
			s.State = "running"
		}
		if f := a.GetLastFailure(); f != nil {
			s.Last = f.GetMessage()
		}
		var p job.Progress
		if a.GetHeartbeatDetails() != nil && converter.GetDefaultDataConverter().FromPayloads(a.GetHeartbeatDetails(), &p) == nil {
			s.Progress = &p
		}
	}
	return s, nil
}
