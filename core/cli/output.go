package cli

import (
	"context"
	"errors"
	"io"
	"os"
	"os/signal"
	"sync"
	"syscall"
)

// WithSignals gives a context that lets a command end in order: what was
// measured is judged and written. A second interrupt ends the process. A
// terminal that is gone says so more than once.
func WithSignals(ctx context.Context) (context.Context, context.CancelFunc) {
	// Without this, the first write to a pipe that nobody reads ends the process.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	asked, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(asked, func() {
		again := make(chan os.Signal, 1)
		signal.Notify(again, os.Interrupt, syscall.SIGTERM)
		stop()
		endBy(<-again)
	})
	if signal.Ignored(syscall.SIGHUP) { // nohup
		return asked, stop
	}
	return signal.NotifyContext(asked, syscall.SIGHUP)
}

// output is stdout or stderr. It remembers the first write that failed, and
// calls gone when nobody reads any more. Progress and log lines are written to
// it side by side.
type output struct {
	io.Writer
	gone func()
	mu   sync.Mutex
	err  error
}

func (o *output) Write(p []byte) (int, error) {
	n, err := o.Writer.Write(p)
	if err == nil {
		return n, nil
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.err == nil {
		if o.err = err; errors.Is(err, syscall.EPIPE) {
			o.gone()
		}
	}
	return n, err
}

// failure is the first write's that failed, nil if none did.
func (o *output) failure() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.err
}

// lost says that output did not arrive although somebody wanted it.
func (o *output) lost() bool {
	err := o.failure()
	return err != nil && !errors.Is(err, syscall.EPIPE)
}
