package proctree

import (
	"bytes"
	"os"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/sys/unix"
)

// proc is a process as the system shows it at one moment.
type proc struct {
	pid, parent, group, session int
	start                       uint64 // in ticks of the system's clock
	zombie                      bool
}

// adopting says that orphans become children of this process.
var adopting bool

var adopt = sync.OnceFunc(func() { adopting = unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == nil })

// look reads one process.
func look(pid int) (proc, bool) {
	b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return proc{}, false
	}
	stat := string(b)
	// Field 2, the name, may hold anything; the last ')' ends it.
	f := strings.Fields(stat[strings.LastIndexByte(stat, ')')+1:]) // f[0] is field 3
	if len(f) < 20 {
		return proc{}, false
	}
	n := func(i int) int { v, _ := strconv.Atoi(f[i]); return v }
	start, _ := strconv.ParseUint(f[19], 10, 64)
	return proc{pid: pid, parent: n(1), group: n(2), session: n(3), start: start, zombie: f[0] == "Z" || f[0] == "X"}, true
}

// list is every process that this user can see.
func list() []proc {
	dir, err := os.Open("/proc")
	if err != nil {
		return nil
	}
	defer dir.Close()
	names, _ := dir.Readdirnames(-1)
	var out []proc
	for _, name := range names {
		if pid, err := strconv.Atoi(name); err == nil {
			if p, ok := look(pid); ok {
				out = append(out, p)
			}
		}
	}
	return out
}

// markOf is the mark in a process's environment as it was when its program
// began. Empty: it has none, or is another user's.
func markOf(pid int) string {
	folder := "/proc/" + strconv.Itoa(pid)
	var info unix.Stat_t
	if unix.Stat(folder, &info) != nil || int(info.Uid) != os.Geteuid() {
		return ""
	}
	environ, err := os.ReadFile(folder + "/environ")
	if err != nil {
		return ""
	}
	return markIn(environ)
}

func markIn(environ []byte) string {
	for entry := range bytes.SplitSeq(environ, []byte{0}) {
		if value, ok := bytes.CutPrefix(entry, []byte(EnvMark+"=")); ok {
			return string(value)
		}
	}
	return ""
}

func nameOf(pid int) string {
	b, _ := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/comm")
	return strings.TrimSpace(string(b))
}

// space names the space that numbers of processes are in.
func space() string {
	name, _ := os.Readlink("/proc/self/ns/pid") // pid:[4026531836]
	return strings.Trim(strings.TrimPrefix(name, "pid:"), "[]")
}
