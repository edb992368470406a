package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/assay-bench/assay/core/internal/bursts"
	"github.com/assay-bench/assay/core/record"
)

// machine runs sessions, one at a time or, on a machine of many processors, some
// side by side, each with two processors to itself and its neighbour.
type machine struct {
	ctx   context.Context // ends at an interrupt: the table is of the sessions so far
	assay string
	work  string
	seed  int // of the first session
	slots chan slot
	stop  context.CancelFunc
}

type slot struct {
	folder string
	behind []string // a command to run others behind; empty: none
}

func newMachine(seed, side int, assay string, loaded bool) (*machine, error) {
	if side < 1 {
		return nil, fmt.Errorf("-side: %d, want at least 1", side)
	}
	work, err := os.MkdirTemp("", "session-study-")
	if err != nil {
		return nil, err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	m := &machine{ctx: ctx, assay: assay, work: work, seed: seed, slots: make(chan slot, side), stop: stop}
	for i := range side {
		s := slot{folder: filepath.Join(work, fmt.Sprint(i))}
		if side > 1 {
			s.behind = []string{"taskset", "-c", fmt.Sprintf("%d,%d", 2*i, 2*i+1)}
		}
		if err := os.Mkdir(s.folder, 0o700); err != nil {
			return nil, errors.Join(err, m.close())
		}
		if loaded {
			if err := bursts.Start(ctx, s.behind...); err != nil {
				return nil, errors.Join(err, m.close())
			}
		}
		m.slots <- s
	}
	return m, nil
}

func (m *machine) close() error {
	m.stop()
	return os.RemoveAll(m.work)
}

// sessions runs n of them, with seeds one after the other, and calls done with each one's
// document, never twice at once.
func (m *machine) sessions(n int, folder string, flags []string, done func(*record.Result, time.Duration) error) error {
	var all sync.WaitGroup
	var mu sync.Mutex
	var failed error
	ended := 0
	for i := range n {
		s := <-m.slots
		if m.ctx.Err() != nil {
			m.slots <- s
			break
		}
		all.Go(func() {
			defer func() { m.slots <- s }()
			began := time.Now()
			r, err := m.session(s, folder, append([]string{"--seed", fmt.Sprint(m.seed + i)}, flags...))
			mu.Lock()
			defer mu.Unlock()
			if m.ctx.Err() != nil { // cut short
				return
			}
			if err == nil {
				err = done(r, time.Since(began))
			}
			failed = errors.Join(failed, err)
			ended++
			fmt.Fprintf(os.Stderr, "\r%d of %d", ended, n)
		})
	}
	all.Wait()
	fmt.Fprint(os.Stderr, "\r\x1b[K")
	return failed
}

// session measures one and takes its document away.
func (m *machine) session(s slot, folder string, flags []string) (*record.Result, error) {
	argv := append(append([]string{}, s.behind...), append([]string{m.assay, "run", folder}, flags...)...)
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Dir = s.folder
	cmd.Env = append(os.Environ(), "ASSAY_LOCK="+filepath.Join(s.folder, "lock"))
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) { // a verdict other than pass is an exit status
		return nil, err
	}
	results := filepath.Join(s.folder, "results")
	files, _ := filepath.Glob(filepath.Join(results, "*.json"))
	if len(files) != 1 {
		return nil, fmt.Errorf("session left %d documents:\n%s", len(files), out)
	}
	r, err := record.ReadResult(files[0])
	if err != nil {
		return nil, err
	}
	return r, os.RemoveAll(results)
}
