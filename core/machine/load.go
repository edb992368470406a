package machine

import (
	"context"
	"time"
)

// counters of the machine grow for ever; a visit is their difference.
type counters struct {
	known bool
	own   time.Duration // this process ran
	busy  time.Duration // all cores, everything
	steal time.Duration // taken by the hypervisor
}

// QuietLoad is how many cores other programs may keep busy in a quiet moment.
const QuietLoad = 0.3

// ForeignLoad watches for a while how many cores other programs keep busy. Work
// that is over is not in it, this program's own neither. known is false on
// systems that do not tell.
func ForeignLoad(ctx context.Context, watch time.Duration) (cores float64, known bool) {
	before, began := readCounters(), time.Now()
	select {
	case <-ctx.Done():
	case <-time.After(watch):
	}
	after, wall := readCounters(), time.Since(began)
	if !before.known || !after.known || ctx.Err() != nil {
		return 0, false
	}
	return foreign(before, after, 0, wall), true
}

// foreign is how many cores were busy with neither the session's plugins, which
// ran so long, nor this program.
func foreign(before, after counters, ran, wall time.Duration) float64 {
	others := after.busy - before.busy - ran - (after.own - before.own)
	return max(0, others.Seconds()/wall.Seconds())
}
