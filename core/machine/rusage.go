package machine

import (
	"encoding/binary"
	"errors"
	"math/bits"
	"time"
)

// usage is what macOS says of one process: struct rusage_info_v4 of sys/resource.h.
type usage struct {
	ran      time.Duration // user and system time of its threads, those that ended included
	runnable time.Duration // that they were runnable, on a core or not
	children time.Duration // ran by children that ended and were waited for
	rss      int64
}

// Places in rusage_info_v4: a UUID of 16 bytes, then numbers of 64 bits.
const (
	usageVersion  = 4
	usageBytes    = 16 + 35*8
	userAt        = 0
	systemAt      = 1
	residentAt    = 6
	childUserAt   = 10
	childSystemAt = 11
	runnableAt    = 34
)

// timebase turns ticks of mach_absolute_time into nanoseconds: 125/3 on Apple silicon.
type timebase struct{ Numer, Denom uint32 }

func (b timebase) duration(ticks uint64) time.Duration {
	if b.Denom == 0 {
		return 0
	}
	hi, lo := bits.Mul64(ticks, uint64(b.Numer))
	if hi >= uint64(b.Denom) {
		return 0
	}
	ns, _ := bits.Div64(hi, lo, uint64(b.Denom))
	return time.Duration(ns) //nolint:gosec // a process runs less than 292 years
}

// parseUsage reads the structure as the kernel fills it in.
func parseUsage(raw []byte, b timebase) (usage, error) {
	if len(raw) < usageBytes || b.Denom == 0 {
		return usage{}, errors.New("no rusage_info_v4")
	}
	at := func(i int) uint64 { return binary.LittleEndian.Uint64(raw[16+8*i:]) }
	return usage{
		ran:      b.duration(at(userAt)) + b.duration(at(systemAt)),
		runnable: b.duration(at(runnableAt)),
		children: b.duration(at(childUserAt)) + b.duration(at(childSystemAt)),
		rss:      int64(at(residentAt)), //nolint:gosec // bytes of memory
	}, nil
}

// waited is how long threads of the process wanted a core and had none. The kernel
// counts both times by thread and at different moments, so that the difference may be
// below nothing for a while.
func (u usage) waited() time.Duration { return max(0, u.runnable-u.ran) }
