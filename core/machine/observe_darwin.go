package machine

import (
	"strings"
	"time"

	"github.com/shirou/gopsutil/v4/process"
	"golang.org/x/sys/unix"
)

// macOS tells neither how long threads waited for a core nor the CPU time of
// children that ended; thermal state and power source, read around each round,
// are what is left to judge a visit by.
func readCounters() counters { return counters{} }

func threads(int) map[int]thread { return nil }

func clockMHz() float64 { return 0 }

// look reads one process.
func look(pid int) (proc, bool) {
	k, err := unix.SysctlKinfoProc("kern.proc.pid", pid)
	if err != nil || int(k.Proc.P_pid) != pid {
		return proc{}, false
	}
	p := proc{parent: int(k.Eproc.Ppid), group: int(k.Eproc.Pgid), began: time.Duration(k.Proc.P_starttime.Nano())}
	q := process.Process{Pid: int32(pid)}
	if t, err := q.Times(); err == nil {
		p.ran = time.Duration((t.User + t.System) * float64(time.Second))
	}
	if m, err := q.MemoryInfo(); err == nil {
		p.rss = int64(m.RSS)
	}
	return p, true
}

// systemTime is the clock that processes' beginnings are counted by.
func systemTime() time.Duration { return time.Duration(time.Now().UnixNano()) }

func processes() []int {
	all, err := unix.SysctlKinfoProcSlice("kern.proc.all")
	if err != nil {
		return nil
	}
	pids := make([]int, 0, len(all))
	for i := range all {
		pids = append(pids, int(all[i].Proc.P_pid))
	}
	return pids
}

// newestProcess is not known.
func newestProcess() string { return "" }

// mark is not read: a process that leaves its parent and its group is not seen.
func mark(int) string { return "" }

// nameOf is the name of a process, as it may be shown on a terminal.
func nameOf(pid int) string {
	k, err := unix.SysctlKinfoProc("kern.proc.pid", pid)
	if err != nil {
		return ""
	}
	return strings.TrimSpace(unix.ByteSliceToString(k.Proc.P_comm[:]))
}
