package apple

import (
	"fmt"
	"slices"

	"github.com/assay-bench/assay/metal"
)

// bufferFailure is a failed command buffer as an error. Codes are Metal's
// MTLCommandBufferError; lost says that the device takes no more work.
func bufferFailure(code int, text string, running []string) (err error, lost bool) { //nolint:revive // the error is a value here
	class := metal.ErrFault
	switch code {
	case 2: // the system's watchdog ended it
		class = metal.ErrTimeout
	case 8:
		class = metal.ErrOutOfMemory
	case 4, 7, 11: // access revoked after too many faults, not permitted, device removed
		class, lost = metal.ErrLost, true
	}
	return fmt.Errorf("%s: %w: command buffer error %d: %s", blame(running), class, code, text), lost
}

// blame names the kernels that were running when a fault came.
func blame(kernels []string) string {
	kernels = slices.Compact(slices.Sorted(slices.Values(kernels)))
	switch n := len(kernels); {
	case n == 0:
		return "apple"
	case n == 1:
		return "kernel " + kernels[0]
	case n > 6:
		kernels = append(kernels[:6:6], fmt.Sprintf("%d more", n-6))
	}
	return fmt.Sprintf("one of kernels %v", kernels)
}
