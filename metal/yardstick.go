package metal

import (
	"context"
	"time"
)

// Yardstick names a way to move memory that kernels are held against: how fast
// the device moves it at this moment.
type Yardstick string

// The yardsticks.
const (
	// Stream reads a buffer that no cache holds, once and in order, and writes
	// nothing: what a kernel that reads weights can reach.
	Stream Yardstick = "stream"
	// Copy reads such a buffer and writes another: what a kernel that writes as
	// much as it reads can reach.
	Copy Yardstick = "copy"
)

// Moved is what a yardstick moved in its fastest pass: bytes read plus bytes
// written.
type Moved struct {
	Bytes int64
	Time  time.Duration
}

// PerSecond is the rate, 0 where nothing moved.
func (m Moved) PerSecond() float64 {
	if m.Time <= 0 {
		return 0
	}
	return float64(m.Bytes) / m.Time.Seconds()
}

// A Yardsticker is a Device that measures its own memory, with the threads and
// at the clock that its kernels have. Its buffers are gone when Yardstick
// returns and do not count in Memory.
type Yardsticker interface {
	Yardstick(ctx context.Context, y Yardstick) (Moved, error)
}
