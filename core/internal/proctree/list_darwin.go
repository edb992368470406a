package proctree

import (
	"bytes"
	"os"

	"golang.org/x/sys/unix"
)

// proc is a process as the system shows it at one moment.
type proc struct {
	pid, parent, group, session int
	start                       uint64 // microseconds of the wall clock
	zombie                      bool
}

// adopting: macOS gives orphans to launchd.
const adopting = false

func adopt() {}

const stateZombie = 5 // SZOMB of sys/proc.h

func procOf(k *unix.KinfoProc) proc {
	return proc{
		pid: int(k.Proc.P_pid), parent: int(k.Eproc.Ppid), group: int(k.Eproc.Pgid),
		start:  uint64(k.Proc.P_starttime.Sec)*1e6 + uint64(k.Proc.P_starttime.Usec),
		zombie: k.Proc.P_stat == stateZombie,
	}
}

// look reads one process.
func look(pid int) (proc, bool) {
	k, err := unix.SysctlKinfoProc("kern.proc.pid", pid)
	if err != nil || int(k.Proc.P_pid) != pid {
		return proc{}, false
	}
	return procOf(k), true
}

// list is every process of this user.
func list() []proc {
	all, err := unix.SysctlKinfoProcSlice("kern.proc.uid", os.Geteuid())
	if err != nil {
		return nil
	}
	out := make([]proc, 0, len(all))
	for i := range all {
		out = append(out, procOf(&all[i]))
	}
	return out
}

// markOf is the mark in a process's environment as it was when its program
// began. Empty: it has none, or the system hides the environment, as it does of
// its own programs.
func markOf(pid int) string {
	// The number of arguments, the program's path, its arguments, its environment.
	raw, err := unix.SysctlRaw("kern.procargs2", pid)
	if err != nil {
		return ""
	}
	return markIn(raw)
}

func markIn(raw []byte) string {
	for entry := range bytes.SplitSeq(raw, []byte{0}) {
		if value, ok := bytes.CutPrefix(entry, []byte(EnvMark+"=")); ok {
			return string(value)
		}
	}
	return ""
}

func nameOf(pid int) string {
	k, err := unix.SysctlKinfoProc("kern.proc.pid", pid)
	if err != nil {
		return ""
	}
	return unix.ByteSliceToString(k.Proc.P_comm[:])
}

// space: macOS has one space for numbers of processes.
func space() string { return "0" }
