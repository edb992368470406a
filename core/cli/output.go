package cli

import (
	"errors"
	"io"
	"sync"
	"syscall"

	"github.com/assay-bench/assay/core/internal/visible"
)

// output is stdout or stderr. All that a command says passes it, the text of
// plugins and files included, and is made visible. It remembers the first write
// that failed, and calls gone when nobody reads any more. Progress and log lines
// are written to it side by side.
type output struct {
	io.Writer
	gone func()

	mu     sync.Mutex
	filter visible.Filter
	err    error
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if err := o.send(o.filter.Text(p)); err != nil {
		return 0, err
	}
	return len(p), nil
}

// end sends what was held back as the beginning of a character.
func (o *output) end() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if rest := o.filter.Rest(); len(rest) > 0 {
		_ = o.send(rest)
	}
}

func (o *output) send(p []byte) error {
	_, err := o.Writer.Write(p)
	if err != nil && o.err == nil {
		if o.err = err; errors.Is(err, syscall.EPIPE) {
			o.gone()
		}
	}
	return err
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
