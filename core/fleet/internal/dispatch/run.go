package dispatch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"

	"github.com/assay-bench/assay/core/fleet/internal/job"
	"github.com/assay-bench/assay/core/record"
)

// Run is a suite that was dispatched. Its folder has it as run.json and the packed files
// as suite.tar.gz, so that it can be started and followed again.
type Run struct {
	ID      string     `json:"run"`
	Started time.Time  `json:"started"`
	Jobs    []*Tracked `json:"jobs"`

	Folder string `json:"-"`
	packed []byte
	mu     sync.Mutex
	lonely map[string]time.Duration // classes whose jobs were cancelled after so long without a worker
}

// Tracked is a job and what came of it: nothing yet, an outcome, or an error.
type Tracked struct {
	job.Job
	Outcome *job.Outcome `json:"outcome,omitempty"`
	Failure *Failure     `json:"failure,omitempty"`
}

// Failure is why a job has no outcome, and never will.
type Failure struct {
	Kind string `json:"kind"`
	Text string `json:"text"`
}

// Done says that nothing more comes of the job.
func (t *Tracked) Done() bool { return t.Outcome != nil || t.Failure != nil }

const (
	runFile   = "run.json"
	suiteFile = "suite.tar.gz"
)

// Save writes the run into its folder.
func (r *Run) Save() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.save()
}

func (r *Run) save() error {
	if _, err := os.Stat(filepath.Join(r.Folder, suiteFile)); err != nil {
		if err := record.WriteFile(filepath.Join(r.Folder, suiteFile), r.packed); err != nil {
			return fmt.Errorf("run %s: %w", r.ID, err)
		}
	}
	b, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return fmt.Errorf("run %s: %w", r.ID, err)
	}
	if err := record.WriteFile(filepath.Join(r.Folder, runFile), append(b, '\n')); err != nil {
		return fmt.Errorf("run %s: %w", r.ID, err)
	}
	return nil
}

// Open reads a run by its name, or the latest one of the working folder.
func Open(name string) (*Run, error) {
	all := filepath.Join("results", "fleet")
	if name == "" {
		entries, err := os.ReadDir(all)
		if err != nil || len(entries) == 0 {
			return nil, fmt.Errorf("%s holds no run: start this in the folder where `assay-fleet run` was started, or name a run", all)
		}
		name = entries[len(entries)-1].Name() // names sort by time
	}
	r := &Run{Folder: filepath.Join(all, filepath.Base(name))}
	b, err := os.ReadFile(filepath.Join(r.Folder, runFile))
	if err != nil {
		return nil, fmt.Errorf("run %s: %w; `ls %s` lists those of this folder", name, err, all)
	}
	if err := json.Unmarshal(b, r); err != nil {
		return nil, fmt.Errorf("run %s: %w", name, err)
	}
	r.packed, err = os.ReadFile(filepath.Join(r.Folder, suiteFile))
	if err != nil {
		return nil, fmt.Errorf("run %s: %w", name, err)
	}
	return r, nil
}

// Classes of the run, in order.
func (r *Run) Classes() []string {
	var out []string
	for _, t := range r.Jobs {
		if !slices.Contains(out, t.Class) {
			out = append(out, t.Class)
		}
	}
	return out
}

// Start starts the workflows that are not there yet. There is never a second one for a
// job, whether the first runs or has ended.
func (r *Run) Start(ctx context.Context, c client.Client) error {
	for _, t := range r.Jobs {
		if t.Done() {
			continue
		}
		j := t.Job
		if j.Suite.Size <= job.MaxInline {
			j.Suite.Inline = r.packed
		}
		_, err := c.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
			ID: j.ID(), TaskQueue: job.WorkflowQueue,
			WorkflowIDReusePolicy:    enumspb.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE,
			WorkflowIDConflictPolicy: enumspb.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
			StaticSummary:            fmt.Sprintf("%s on %s", j.Name, j.Class),
		}, job.WorkflowName, j)
		var there *serviceerror.WorkflowExecutionAlreadyStarted
		if err != nil && !errors.As(err, &there) {
			return fmt.Errorf("run %s: %s: %w; `assay-fleet attach %s` starts what is missing", r.ID, j.ID(), err, r.ID)
		}
	}
	return nil
}

// Cancel ends what is not done yet. Workers hear of it within a second.
func (r *Run) Cancel(ctx context.Context, c client.Client, classes ...string) (n int, err error) {
	for _, t := range r.Jobs {
		if t.Done() || len(classes) > 0 && !slices.Contains(classes, t.Class) {
			continue
		}
		var absent *serviceerror.NotFound
		switch cerr := c.CancelWorkflow(ctx, t.ID(), ""); {
		case cerr == nil:
			n++
		case !errors.As(cerr, &absent): // what has ended or never began is not there
			err = errors.Join(err, fmt.Errorf("%s: %w", t.ID(), cerr))
		}
	}
	return n, err
}
