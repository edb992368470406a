package front

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/assay-bench/assay/metal"
)

// Expired says why a wait must end, nil if it need not: its context ended, or the
// device made no progress for longer than limit.
func Expired(ctx context.Context, waited, limit time.Duration) error {
	if err := context.Cause(ctx); err != nil {
		return fmt.Errorf("%w: still running after %v when the wait was called off: %w", metal.ErrTimeout, waited.Round(time.Millisecond), err)
	}
	if waited > limit {
		return fmt.Errorf("%w: no progress for %v", metal.ErrTimeout, limit)
	}
	return nil
}

// Blame names the kernels that were running when a fault came; without any it is
// the device.
func Blame(kind metal.Kind, kernels []string) string {
	kernels = slices.Compact(slices.Sorted(slices.Values(kernels)))
	switch n := len(kernels); {
	case n == 0:
		return string(kind)
	case n == 1:
		return "kernel " + kernels[0]
	case n > 6:
		kernels = append(kernels[:6:6], fmt.Sprintf("%d more", n-6))
	}
	return fmt.Sprintf("one of kernels %v", kernels)
}
