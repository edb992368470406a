package apple

import (
	"fmt"
	"slices"
	"strings"

	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/internal/front"
)

// bufferFailure is a failed command buffer as an error. Codes are Metal's
// MTLCommandBufferError, which has no number for some of what the driver names
// in the text; lost says that the device takes no more work.
func bufferFailure(code int, text string, running []string) (err error, lost bool) { //nolint:revive // the error is a value here
	says := func(names ...string) bool {
		return slices.ContainsFunc(names, func(name string) bool { return strings.Contains(text, "CommandBufferCallbackError"+name) })
	}
	class, who := metal.ErrFault, front.Blame(metal.Apple, running)
	switch {
	case says("InnocentVictim"):
		// The GPU was reset for another's fault: no kernel here is to blame.
		class, who, lost = metal.ErrLost, "apple", true
	case code == 4 || code == 7 || code == 11 || says("SubmissionsIgnored"):
		// Access revoked after too many faults, not permitted, device removed.
		class, lost = metal.ErrLost, true
	case says("ImpactingInteractivity"):
		class = metal.ErrTimeout
		text += ": one dispatch kept the GPU so long that the display had to wait; use a smaller shape or let the display sleep"
	case code == 2 || says("Timeout", "Hang"):
		class = metal.ErrTimeout // the system's watchdog ended it
	case code == 8 || says("OutOfMemory"):
		class = metal.ErrOutOfMemory
	}
	return fmt.Errorf("%s: %w: command buffer error %d: %s", who, class, code, text), lost
}
