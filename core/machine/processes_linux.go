package machine

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/hashicorp/go-plugin"
	"golang.org/x/sys/unix"
)

// look reads one process; a zombie is one.
func look(pid int) (proc, bool) {
	// Field 2, the name, may hold anything; the last ')' ends it.
	stat := readProc("/proc/" + strconv.Itoa(pid) + "/stat")
	f := strings.Fields(stat[strings.LastIndexByte(stat, ')')+1:]) // f[0] is field 3
	if len(f) < 22 {
		return proc{}, false
	}
	n := make([]int64, 22)
	for i := 1; i < len(n); i++ {
		n[i], _ = strconv.ParseInt(f[i], 10, 64)
	}
	p := proc{
		parent: int(n[1]), group: int(n[2]), session: int(n[3]),
		ran: time.Duration(n[11]+n[12]) * tick, children: time.Duration(n[13]+n[14]) * tick,
		began: time.Duration(n[19]) * tick, rss: n[21] * int64(os.Getpagesize()),
	}
	// The clock of another process counts nanoseconds, threads that ended
	// included: clock_getcpuclockid(3) makes its id so.
	var t unix.Timespec
	if unix.ClockGettime(int32(^pid<<3|2), &t) == nil {
		p.ran = time.Duration(t.Nano())
	}
	return p, true
}

// systemTime is the clock that processes' beginnings are counted by.
func systemTime() time.Duration {
	var t unix.Timespec
	if unix.ClockGettime(unix.CLOCK_BOOTTIME, &t) != nil {
		return 0
	}
	return time.Duration(t.Nano())
}

// processes lists all that this user can see.
func processes() []int { return numbers("/proc") }

// newestProcess changes when a process or a thread begins; empty: not known.
func newestProcess() string {
	if f := strings.Fields(readProc("/proc/loadavg")); len(f) == 5 {
		return f[4]
	}
	return ""
}

// mark is what only a plugin and its descendants have in their environment: the
// folder of its socket. Empty: none, or not ours to read.
func mark(pid int) string {
	environ, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "environ"))
	if err != nil {
		return ""
	}
	for entry := range bytes.SplitSeq(environ, []byte{0}) {
		if value, ok := bytes.CutPrefix(entry, []byte(plugin.EnvUnixSocketDir+"=")); ok {
			return string(value)
		}
	}
	return ""
}

// threads reads how long each thread of a process ran and waited. One that ends
// meanwhile is left out.
func threads(pid int) map[int]thread {
	folder := "/proc/" + strconv.Itoa(pid) + "/task"
	out := map[int]thread{}
	for _, id := range numbers(folder) {
		f := strings.Fields(readProc(folder + "/" + strconv.Itoa(id) + "/schedstat"))
		if len(f) < 2 {
			continue
		}
		ran, err1 := strconv.ParseInt(f[0], 10, 64)
		waited, err2 := strconv.ParseInt(f[1], 10, 64)
		if err1 == nil && err2 == nil {
			out[id] = thread{time.Duration(ran), time.Duration(waited)}
		}
	}
	return out
}

// numbers lists the files of a folder whose names are numbers.
func numbers(folder string) []int {
	dir, err := os.Open(folder)
	if err != nil {
		return nil
	}
	defer dir.Close()
	names, _ := dir.Readdirnames(-1)
	out := make([]int, 0, len(names))
	for _, name := range names {
		if n, err := strconv.Atoi(name); err == nil {
			out = append(out, n)
		}
	}
	return out
}

// readProc reads a file of /proc that holds one short line. os.ReadFile takes
// twice the time, which a look while the plugin measures should not.
func readProc(path string) string {
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return ""
	}
	defer unix.Close(fd)
	var line [1024]byte
	n, err := unix.Read(fd, line[:])
	if err != nil {
		return ""
	}
	return string(line[:n])
}

// nameOf is the name of a process, as it may be shown on a terminal.
func nameOf(pid int) string {
	return strings.TrimSpace(readProc("/proc/" + strconv.Itoa(pid) + "/comm"))
}
