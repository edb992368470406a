package worker

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"go.temporal.io/sdk/temporal"

	"github.com/assay-bench/assay/core/fleet/internal/job"
	"github.com/assay-bench/assay/core/internal/proctree"
)

// grace is how long assay may take to end in order: it judges and writes what it has,
// most of it within a second.
const grace = 10 * time.Second

// run runs assay in the suite's folder, and gives its exit status and the last that it
// said. Its output comes through a pipe: when this worker dies, assay learns of it by
// the next line that it prints, and ends as if its terminal had closed. An error is an
// attempt that ended early, and may be made again.
func (a *attempt) run(ctx context.Context, args ...string) (exit int, said string, err error) {
	log, err := os.OpenFile(filepath.Join(a.folder, "assay.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return 0, "", fmt.Errorf("worker %s: %w", a.Worker.Name, err)
	}
	defer log.Close()
	fmt.Fprintf(log, "$ assay %s\n", strings.Join(args, " "))
	a.tail.begin(log)
	both, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(a.ends, cancel)()

	cmd := exec.Command(a.Assay, args...)
	cmd.Dir, cmd.Env = a.suite, a.environ()
	cmd.Stdout = &a.tail
	cmd.Stderr = cmd.Stdout
	err = proctree.Run(both, cmd, grace)
	said = strings.TrimSpace(a.tail.said())
	var status *exec.ExitError
	switch {
	case a.ends.Err() != nil:
		return 0, said, temporal.NewApplicationError(fmt.Sprintf("worker %s on %s ended while it measured", a.Worker.Name, a.machine.Host), job.Interrupt)
	case ctx.Err() != nil:
		return 0, said, ctx.Err()
	case err == nil:
		return 0, said, nil
	case errors.As(err, &status):
		if s, ok := status.Sys().(syscall.WaitStatus); ok && s.Signaled() {
			return 128 + int(s.Signal()), said, nil
		}
		return status.ExitCode(), said, nil
	}
	return 0, said, refuse(job.Misfit, "worker %s on %s: %s: %w", a.Worker.Name, a.machine.Host, a.Assay, err)
}

// tail keeps the last of what assay prints, and writes all of it to a log.
type tail struct {
	mu   sync.Mutex
	log  *os.File
	kept []byte
	from int // where the command that runs began
}

func (t *tail) begin(log *os.File) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.log, t.from = log, len(t.kept)
}

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if _, err := t.log.Write(p); err != nil { // a full disk ends nothing: the journal says so
		t.kept = append(t.kept, []byte(err.Error()+"\n")...)
	}
	t.kept = append(t.kept, p...)
	if over := len(t.kept) - job.MaxLog; over > 0 {
		t.kept, t.from = append([]byte{}, t.kept[over:]...), max(0, t.from-over)
	}
	return len(p), nil
}

func (t *tail) text() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.ToValidUTF8(string(t.kept), "�")
}

// said is what the last command printed.
func (t *tail) said() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.ToValidUTF8(string(t.kept[t.from:]), "�")
}
