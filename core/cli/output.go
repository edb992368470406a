package cli

import (
	"errors"
	"io"
	"sync"
	"syscall"
)

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
