package machine

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// tick of /proc/stat: USER_HZ is 100 on every Linux architecture Go supports.
const tick = 10 * time.Millisecond

// readCounters reads nanosecond counters of the plugin's and this process's
// threads from schedstat (run time, time waiting for a core), and the whole
// machine's from /proc/stat.
func readCounters(pid int) counters {
	var c counters
	var ok bool
	if c.ran, c.waited, ok = schedstat(strconv.Itoa(pid)); !ok {
		return counters{}
	}
	c.own, _, _ = schedstat("self")
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

func schedstat(pid string) (ran, waited time.Duration, ok bool) {
	tasks, err := filepath.Glob(filepath.Join("/proc", pid, "task", "*", "schedstat"))
	if err != nil || len(tasks) == 0 {
		return 0, 0, false
	}
	for _, t := range tasks {
		b, err := os.ReadFile(t)
		if err != nil {
			continue // the thread ended
		}
		f := strings.Fields(string(b))
		if len(f) < 2 {
			continue
		}
		r, err1 := strconv.ParseInt(f[0], 10, 64)
		w, err2 := strconv.ParseInt(f[1], 10, 64)
		if err1 != nil || err2 != nil {
			continue
		}
		ran, waited, ok = ran+time.Duration(r), waited+time.Duration(w), true
	}
	return ran, waited, ok
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}
