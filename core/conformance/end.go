package conformance

import (
	"context"
	"fmt"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/assay-bench/assay/core/process"
	"github.com/assay-bench/assay/core/sdk/wire"
)

func shutdown(ctx context.Context, s *subject) outcome {
	const id = "shutdown"
	p, err := s.process(ctx)
	if err != nil {
		return s.judge(id, err)
	}
	began := time.Now()
	p.Stop(ctx)
	took, state := time.Since(began), p.State()
	s.drop(p)
	switch {
	case state == nil:
		return broken("it survived even SIGKILL")
	case signalled(state):
		return broken("it did not end, and had to be killed")
	case !state.Success():
		return broken("it ended with %s", state)
	}
	return kept("it ended within %s", short(took))
}

func signalled(state *os.ProcessState) bool {
	w, ok := state.Sys().(syscall.WaitStatus)
	return ok && w.Signaled()
}

func sigterm(ctx context.Context, s *subject) outcome {
	return s.ends(ctx, "sigterm", func(p *process.Process) { _ = syscall.Kill(p.PID(), syscall.SIGTERM) },
		func(*os.ProcessState) string { return "" })
}

func lifeline(ctx context.Context, s *subject) outcome {
	return s.ends(ctx, "lifeline", (*process.Process).Orphan, func(state *os.ProcessState) string {
		if state.ExitCode() == wire.ExitOrphaned {
			return ""
		}
		return fmt.Sprintf("it ended with %s, not with status %d", state, wire.ExitOrphaned)
	})
}

// ends starts a process, opens its device, does what should end it and looks at
// how it ended.
func (s *subject) ends(ctx context.Context, id string, end func(*process.Process), fault func(*os.ProcessState) string) outcome {
	p, err := s.begin(ctx)
	if err != nil {
		return s.judge(id, err)
	}
	defer s.drop(p)
	if _, err := s.open(ctx, p); err != nil {
		return s.judge(id, err)
	}
	began := time.Now()
	end(p)
	select {
	case <-p.Exited():
	case <-ctx.Done():
		return skip("interrupted")
	case <-time.After(s.o.Limits.End):
		return broken("it still ran %s later", short(s.o.Limits.End))
	}
	if text := fault(p.State()); text != "" {
		return broken("%s", text)
	}
	return kept("it ended after %s, %s", short(time.Since(began)), p.State())
}

// quietStdout looks at what all processes before it printed.
func quietStdout(ctx context.Context, s *subject) outcome {
	if s.startErr != nil {
		return s.judge("stdout", &blamed{idHandshake, s.startErr.Error()})
	}
	s.close()
	if text := strings.TrimSpace(s.printed.String()); text != "" {
		return broken("it printed %q; write logs to stderr", clean(text))
	}
	return kept("nothing was printed")
}
