package machine

import (
	"context"
	"os"
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
	known   bool
	threads map[string]thread // of the plugin, by their id
	own     time.Duration     // this process ran
	busy    time.Duration     // all cores, everything
	steal   time.Duration     // taken by the hypervisor
}

// thread says how long a thread ran, and how long it was runnable without a core.
type thread struct{ ran, waited time.Duration }

// computing is the share of a visit that a thread must have run or wanted to
// run to count as one that computes. The others, of the plugin's runtime and
// of its connection, wait for the computing ones all the time.
const computing = 0.4

// plugin sums up what the plugin's threads did between two readings: how long
// all of them ran, and how long the computing ones had to wait.
func plugin(before, after counters, wall time.Duration) (ran, waited time.Duration) {
	for id, a := range after.threads {
		b := before.threads[id]
		r, w := a.ran-b.ran, a.waited-b.waited
		ran += r
		if (r + w).Seconds() >= computing*wall.Seconds() {
			waited += w
		}
	}
	return ran, waited
}

// QuietLoad is how many cores other programs may keep busy in a quiet moment.
const QuietLoad = 0.3

// ForeignLoad watches for a while how many cores other programs keep busy. Work
// that is over is not in it, this program's own neither. known is false on
// systems that do not tell.
func ForeignLoad(ctx context.Context, watch time.Duration) (cores float64, known bool) {
	before, began := readCounters(os.Getpid()), time.Now()
	select {
	case <-ctx.Done():
	case <-time.After(watch):
	}
	after, wall := readCounters(os.Getpid()), time.Since(began)
	if !before.known || !after.known || ctx.Err() != nil {
		return 0, false
	}
	return foreign(before, after, 0, wall), true
}

// foreign is how many cores were busy with neither the plugin, which ran so
// long, nor this program.
func foreign(before, after counters, ran, wall time.Duration) float64 {
	others := after.busy - before.busy - ran - (after.own - before.own)
	return max(0, others.Seconds()/wall.Seconds())
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
	ran, waited := plugin(w.before, after, wall)
	share := func(d time.Duration) float64 { return max(0, d.Seconds()/wall.Seconds()) }
	o.WaitShare = share(waited)
	o.Steal = share(after.steal - w.before.steal)
	o.ForeignLoad = foreign(w.before, after, ran, wall)
	return o
}
