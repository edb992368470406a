package machine

import (
	"time"

	"github.com/assay-bench/assay/core/record"
)

// Watch observes the machine while one visit is measured.
type Watch struct {
	pid     int
	started time.Time
	before  counters
	mhz     float64
}

// counters grow for ever; a visit is their difference.
type counters struct {
	known  bool
	waited time.Duration // the plugin's threads were runnable without a core
	ran    time.Duration // the plugin's threads ran
	own    time.Duration // this process ran
	busy   time.Duration // all cores, everything
	steal  time.Duration // taken by the hypervisor
}

// Observe starts watching the plugin process pid.
func Observe(pid int) *Watch {
	return &Watch{pid: pid, mhz: clockMHz(), before: readCounters(pid), started: time.Now()}
}

// Stop says what was seen since Observe. On systems that do not tell, the
// observation is empty.
func (w *Watch) Stop() record.Observation {
	after := readCounters(w.pid)
	wall := time.Since(w.started)
	o := record.Observation{MHzBefore: w.mhz, MHzAfter: clockMHz()}
	if !w.before.known || !after.known || wall <= 0 {
		return o
	}
	share := func(a, b time.Duration) float64 { return max(0, (b-a).Seconds()/wall.Seconds()) }
	o.WaitShare = share(w.before.waited, after.waited)
	o.Steal = share(w.before.steal, after.steal)
	o.ForeignLoad = max(0, share(w.before.busy, after.busy)-share(w.before.ran, after.ran)-share(w.before.own, after.own))
	return o
}
