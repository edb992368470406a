package cli

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/assay-bench/assay/core/internal/crash"
	"github.com/assay-bench/assay/core/internal/proctree"
)

// interruptGrace is how long a command may take to end in order after the first
// interrupt. What waits for something hears of the interrupt by its context; this
// is for what cannot: a file system that does not answer, a long computation.
const interruptGrace = 1500 * time.Millisecond

// untilInterrupted runs a command until it ends, or for a grace after ctx has
// ended; the command may go on then, without its processes. A session that is
// orderly ends by itself in that time but for what it writes, and is not left.
func untilInterrupted(ctx context.Context, run func() error, orderly func() bool, after func(time.Duration) <-chan time.Time) error {
	ended := make(chan error, 1)
	crash.Go(func() { ended <- run() })
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	for {
		select {
		case err := <-ended:
			return err
		case <-after(interruptGrace):
			if !orderly() {
				proctree.KillAll()
				return ctx.Err()
			}
		}
	}
}

// endBy ends this process by the signal of a second interrupt, and all that it has
// started before.
func endBy(s os.Signal) {
	proctree.KillAll()
	signal.Reset(s)
	if number, ok := s.(syscall.Signal); ok {
		_ = syscall.Kill(os.Getpid(), number)
	}
}
