package cli

import (
	"context"
	"errors"
	"testing"
	"time"
)

// After the first interrupt a command has one grace to end in order. A session
// has as many as it takes to write what it has.
func TestTheFirstInterruptEndsACommand(t *testing.T) {
	ended := errors.New("ended in order")
	for _, c := range []struct {
		name   string
		graces int // that pass
		ends   int // the command ends in this grace; 0: never
		busy   int // graces in which a session writes
		want   error
	}{
		{"at once", 0, 1, 0, ended},
		{"never", 1, 0, 0, context.Canceled},
		{"a session that ends", 2, 3, 5, ended},
		{"a session, then nothing ends it", 3, 0, 2, context.Canceled},
	} {
		t.Run(c.name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			end, begun, grace := make(chan struct{}), make(chan struct{}), 0
			after := func(time.Duration) <-chan time.Time {
				tick := make(chan time.Time, 1)
				if grace++; grace == c.ends {
					close(end)
				} else {
					tick <- time.Time{}
				}
				return tick
			}
			go func() { <-begun; cancel() }()
			err := untilInterrupted(ctx, func() error {
				close(begun)
				<-end
				return ended
			}, func() bool { return grace <= c.busy }, after)
			if c.ends == 0 {
				close(end)
			}
			if !errors.Is(err, c.want) || c.ends == 0 && grace != c.graces {
				t.Errorf("%v after %d graces, want %v after %d", err, grace, c.want, c.graces)
			}
		})
	}
	if err := untilInterrupted(t.Context(), func() error { return ended }, nil, nil); !errors.Is(err, ended) {
		t.Errorf("without an interrupt: %v", err)
	}
}
