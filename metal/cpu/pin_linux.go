package cpu

import (
	"runtime"

	"golang.org/x/sys/unix"
)

// pins ties each thread of a pool to a core of its own. A thread that wakes up
// is otherwise often put on the core that the caller computes on, because they
// share data, and both then run at half speed until the system moves one: with
// two threads on two cores one batch in five took twice as long. It is done
// only when the pool fills the cores that this process may use, since then there
// is no better place that a pinned thread could miss.
type pins struct {
	all  unix.CPUSet
	each []unix.CPUSet // by thread; empty: nothing is pinned
}

func newPins(threads int) pins {
	var p pins
	if err := unix.SchedGetaffinity(0, &p.all); err != nil || threads < 2 || p.all.Count() != threads {
		return pins{}
	}
	for cpu := 0; len(p.each) < threads && cpu < 8*len(p.all)*8; cpu++ {
		if p.all.IsSet(cpu) {
			var one unix.CPUSet
			one.Set(cpu)
			p.each = append(p.each, one)
		}
	}
	return p
}

// hold ties the calling goroutine to an operating system thread and that to
// the core of thread i, until release.
func (p *pins) hold(i int) {
	if len(p.each) == 0 {
		return
	}
	runtime.LockOSThread()
	// A refusal costs speed, not correctness.
	_ = unix.SchedSetaffinity(0, &p.each[i])
}

func (p *pins) release() {
	if len(p.each) == 0 {
		return
	}
	_ = unix.SchedSetaffinity(0, &p.all)
	runtime.UnlockOSThread()
}
