package machine

import (
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// tick of /proc/stat: USER_HZ is 100 on every Linux architecture Go supports.
const tick = 10 * time.Millisecond

// readCounters reads nanosecond counters of the plugin's and this process's
// threads from schedstat (run time, time waiting for a core), and the whole
// machine's from /proc/stat.
func readCounters(pid int) counters {
	c := counters{threads: schedstat(strconv.Itoa(pid))}
	if len(c.threads) == 0 {
		return counters{}
	}
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

// schedstat reads every thread of a process. One that ends meanwhile is left out.
func schedstat(pid string) map[string]thread {
	files, err := filepath.Glob(filepath.Join("/proc", pid, "task", "*", "schedstat"))
	if err != nil {
		return nil
	}
	out := make(map[string]thread, len(files))
	for _, file := range files {
		f := strings.Fields(readTrim(file))
		if len(f) < 2 {
			continue
		}
		ran, err1 := strconv.ParseInt(f[0], 10, 64)
		waited, err2 := strconv.ParseInt(f[1], 10, 64)
		if err1 == nil && err2 == nil {
			out[filepath.Base(filepath.Dir(file))] = thread{time.Duration(ran), time.Duration(waited)}
		}
	}
	return out
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}
