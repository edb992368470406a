package machine

import (
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// tick of /proc: USER_HZ is 100 on every Linux architecture Go supports.
const tick = 10 * time.Millisecond

// readCounters reads the whole machine's counters from /proc/stat, and this
// process's.
func readCounters() counters {
	var c counters
	var own unix.Rusage
	if unix.Getrusage(unix.RUSAGE_SELF, &own) == nil {
		c.own = time.Duration(own.Utime.Nano() + own.Stime.Nano())
	}
	fields := strings.Fields(firstLine(readTrim("/proc/stat")))
	if len(fields) < 9 || fields[0] != "cpu" {
		return counters{}
	}
	v := make([]time.Duration, len(fields))
	for i := 1; i < len(fields); i++ {
		n, err := strconv.ParseInt(fields[i], 10, 64)
		if err != nil {
			return counters{}
		}
		v[i] = time.Duration(n) * tick
	}
	c.busy = v[1] + v[2] + v[3] + v[6] + v[7] // user nice system irq softirq
	c.steal = v[8]
	c.known = true
	return c
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}
