package apple

import "time"

// macOS ends a command buffer that holds the GPU for seconds while the display
// needs it, and whoever waits hears nothing until one is done. So a command
// buffer holds what fits a tenth of a second, as far as earlier ones tell.
const (
	mostDispatches  = 256 // the time between command buffers vanishes beside them
	firstDispatches = 32
	bufferTime      = 100 * time.Millisecond
)

// pace is how many dispatches the next command buffer may hold.
type pace int

// after is the pace once n dispatches took the GPU so long; 0 says nothing.
func (p pace) after(n int, took time.Duration) pace {
	if n <= 0 || took <= 0 {
		return p
	}
	fit := int64(n) * int64(bufferTime) / int64(took)
	return pace(max(1, min(fit, 2*int64(p), mostDispatches)))
}
