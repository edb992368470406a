package process

import (
	"context"
	"os"
	"time"

	"github.com/assay-bench/assay/core/internal/crash"
)

// VisitGrace is how long a visit may take to end after Stop.
const VisitGrace = 1 * time.Second

// Further steps of the stop ladder.
const (
	shutdownGrace = 3 * time.Second        // for the process to end after Shutdown; go-plugin itself kills after 2 s
	killGrace     = 2 * time.Second        // for the kernel to end it after SIGKILL
	cleanGrace    = 500 * time.Millisecond // for go-plugin to let go of a process that is gone
)

// Stop ends the process step by step and says how it ended: a visit in flight
// is asked to stop, then RPCs are cancelled, then Shutdown, then SIGKILL to the
// whole tree. It is safe to call again.
func (p *Process) Stop(ctx context.Context) Death {
	c := p.theChild()
	if c == nil || c.hasExited() {
		p.end()
		return p.Death()
	}
	if visit := p.visitInFlight(); visit != nil {
		visit()
		p.waitVisit(ctx, VisitGrace)
	}
	p.setCause(cause{kind: KindNone, text: "stopped"})
	p.cancel()
	crash.Go(p.client.Kill)
	select {
	case <-c.exited:
	case <-time.After(shutdownGrace):
	case <-ctx.Done():
	}
	p.end()
	return p.Death()
}

// Kill ends the process at once.
func (p *Process) Kill() {
	p.kill(cause{kind: KindNone, text: "killed by the host"})
	p.end()
}

// KillFor ends the process at once because a guardrail says so.
func (p *Process) KillFor(guardrail string) {
	p.kill(cause{kind: KindGuardrail, text: guardrail})
	p.end()
}

// kill notes why and kills the process. It does not wait.
func (p *Process) kill(why cause) {
	p.setCause(why)
	if c := p.theChild(); c != nil && !c.hasExited() {
		c.kill()
	}
}

// end makes sure that the process is gone and frees what go-plugin holds.
func (p *Process) end() {
	p.cleanup.Do(func() {
		p.cancel()
		c := p.theChild()
		if c != nil && c.pid() != 0 && !c.hasExited() {
			c.kill()
			if !c.waitExit(killGrace) {
				p.mu.Lock()
				p.unkillable = true
				p.mu.Unlock()
			}
		}
		// Client.Kill waits for the process; one stuck in the kernel never ends.
		done := make(chan struct{})
		crash.Go(func() { p.client.Kill(); close(done) })
		select {
		case <-done:
		case <-time.After(cleanGrace):
		}
		_ = os.RemoveAll(p.dir)
		_ = p.held.Close()
	})
}

func (p *Process) visitInFlight() func() {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.stopVisit
}

func (p *Process) waitVisit(ctx context.Context, limit time.Duration) {
	deadline := time.Now().Add(limit)
	for p.visitInFlight() != nil && time.Now().Before(deadline) && ctx.Err() == nil {
		time.Sleep(5 * time.Millisecond)
	}
}
