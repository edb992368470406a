package process

import (
	"context"
	"errors"
	"testing"
	"time"
)

// A plugin that says that the time is over a moment before the host's clock does has
// run out of the limit that the host names.
func TestOverdueNamesTheLimit(t *testing.T) {
	limit := errors.New("no answer within 3s, its prepare_timeout")
	ctx, cancel := context.WithTimeoutCause(t.Context(), 20*time.Millisecond, limit)
	defer cancel()
	if got := overdue(ctx); got != limit.Error() {
		t.Errorf("%q, want %q", got, limit)
	}
	// One that says so long before is not waited for.
	ctx, cancel = context.WithTimeoutCause(t.Context(), time.Hour, limit)
	defer cancel()
	if got := overdue(ctx); got != "no answer in time" {
		t.Errorf("%q", got)
	}
	if got := overdue(t.Context()); got != "no answer in time" {
		t.Errorf("without a limit: %q", got)
	}
}
