package machine

import (
	"strings"
	"time"

	"github.com/shirou/gopsutil/v4/cpu"
	"golang.org/x/sys/unix"
)

// readCounters reads the whole machine's counters, and this process's. Nobody tells
// what a hypervisor took. Written against headers; it has not run on macOS yet.
func readCounters() counters {
	var own unix.Rusage
	all, err := cpu.Times(false)
	if err != nil || len(all) == 0 || unix.Getrusage(unix.RUSAGE_SELF, &own) != nil {
		return counters{}
	}
	return counters{
		known: true, own: time.Duration(own.Utime.Nano() + own.Stime.Nano()),
		busy: time.Duration((all[0].User + all[0].System + all[0].Nice) * float64(time.Second)),
	}
}

// threads takes a process for one thread: macOS tells how long all of them waited for
// a core together.
func threads(pid int) map[int]thread {
	u, ok := usageOf(pid)
	if !ok {
		return nil
	}
	return map[int]thread{pid: {ran: u.ran, waited: u.waited()}}
}

// clockMHz is not told.
func clockMHz() float64 { return 0 }

// look reads one process.
func look(pid int) (proc, bool) {
	k, err := unix.SysctlKinfoProc("kern.proc.pid", pid)
	if err != nil || int(k.Proc.P_pid) != pid {
		return proc{}, false
	}
	p := proc{parent: int(k.Eproc.Ppid), group: int(k.Eproc.Pgid), began: time.Duration(k.Proc.P_starttime.Nano())}
	if u, ok := usageOf(pid); ok {
		p.ran, p.children, p.rss = u.ran, u.children, u.rss
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
