package proctree

import (
	"os"
	"syscall"
	"time"
)

// Orphan is a process whose host has ended without it.
type Orphan struct {
	PID  int
	Name string
}

// EndOrphans kills this user's processes whose hosts were killed, and says which
// there were, each once.
func EndOrphans() []Orphan {
	var out []Orphan
	seen := map[Orphan]bool{}
	end := time.Now().Add(sweepLimit)
	for pause := time.Millisecond; ; pause = min(2*pause, 50*time.Millisecond) {
		found := orphans()
		for _, pid := range sweepCgroups(false) {
			found = append(found, Orphan{pid, nameOf(pid)})
		}
		for _, o := range found {
			if !seen[o] {
				seen[o] = true
				out = append(out, o)
			}
			_ = syscall.Kill(o.PID, syscall.SIGKILL)
		}
		if len(found) == 0 || time.Now().After(end) {
			sweepCgroups(true) // they are empty now
			return out
		}
		time.Sleep(pause)
	}
}

// orphans lists them; nothing that this process hangs on is one.
func orphans() []Orphan {
	all := list()
	parents := map[int]int{}
	for _, p := range all {
		parents[p.pid] = p.parent
	}
	ours := map[int]bool{}
	for pid := os.Getpid(); pid > 0 && !ours[pid]; pid = parents[pid] {
		ours[pid] = true
	}
	gone := map[host]bool{}
	var out []Orphan
	for _, p := range all {
		if p.zombie || ours[p.pid] {
			continue
		}
		h, ok := hostOf(innermost(markOf(p.pid)))
		if !ok {
			continue
		}
		if _, known := gone[h]; !known {
			gone[h] = h.gone()
		}
		if gone[h] {
			out = append(out, Orphan{p.pid, nameOf(p.pid)})
		}
	}
	return out
}
