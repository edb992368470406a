package proctree

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"syscall"
	"time"

	"github.com/assay-bench/assay/core/internal/crash"
)

// drainLimit is how long output may still arrive once the tree is gone.
const drainLimit = 500 * time.Millisecond

// stdinDelay is how long the end of a root may wait for what it did not read.
const stdinDelay = 500 * time.Millisecond

// Run runs cmd, which has no context of its own, until its root ends; nothing of
// its tree is left then. When ctx ends, the tree is killed, after grace for its
// process group to end in order, and the error is the context's.
func Run(ctx context.Context, cmd *exec.Cmd, grace time.Duration) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	var p pipes
	out, err1 := p.to(cmd.Stdout)
	errs := out
	var err2 error
	if cmd.Stderr != cmd.Stdout {
		errs, err2 = p.to(cmd.Stderr)
	}
	cmd.Stdout, cmd.Stderr, cmd.WaitDelay = out, errs, stdinDelay
	err := errors.Join(err1, err2)
	var t *Tree
	if err == nil {
		t, err = Start(cmd)
	}
	p.started()
	if err != nil {
		p.drain()
		return err
	}
	ended := make(chan struct{})
	crash.Go(func() { defer close(ended); err = t.Wait() })
	select {
	case <-ended:
		p.drain()
		return err
	case <-ctx.Done():
		if grace > 0 {
			t.Signal(syscall.SIGTERM)
		}
		select {
		case <-ended:
		case <-time.After(grace):
			t.Kill()
			select {
			case <-ended:
			case <-time.After(sweepLimit): // the kernel keeps the root
			}
		}
		p.drain()
		return ctx.Err()
	}
}

// pipes carry what a tree prints to writers that are no files. exec would wait for
// the last process that holds such a pipe, and the tree ends only after the root.
type pipes struct {
	reads, writes []*os.File
	copied        []chan struct{}
}

func (p *pipes) to(w io.Writer) (io.Writer, error) {
	if _, file := w.(*os.File); file || w == nil {
		return w, nil
	}
	r, child, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	done := make(chan struct{})
	crash.Go(func() {
		defer close(done)
		if _, err := io.Copy(w, r); err != nil {
			_, _ = io.Copy(io.Discard, r) // nobody listens; the program goes on
		}
	})
	p.reads, p.writes, p.copied = append(p.reads, r), append(p.writes, child), append(p.copied, done)
	return child, nil
}

// started closes the ends that are the program's.
func (p *pipes) started() {
	for _, f := range p.writes {
		_ = f.Close()
	}
}

func (p *pipes) drain() {
	for i, r := range p.reads {
		_ = r.SetReadDeadline(time.Now().Add(drainLimit))
		<-p.copied[i]
		_ = r.Close()
	}
}
