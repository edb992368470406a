package session

import (
	"math"

	"github.com/assay-bench/assay/core/record"
)

// leastSamples of a visit whose iterations are long.
const leastSamples = 2

// lastWarmup is the one that decides how many iterations fill a sample: the last
// of this round, else of the rounds before. Those that a resumed session made
// once more decide nothing.
func (r round) lastWarmup(arm, phase string) (w record.Warmup) {
	for i := r.number; i > 0; i-- {
		ws := r.c.Round(i).Warmups
		for k := len(ws) - 1; k >= 0; k-- {
			if ws[k].Variant == arm && ws[k].Phase == phase && !ws[k].Again {
				return ws[k]
			}
		}
	}
	return w
}

// firstWarmup is that of this round; in turns that of the round before, since
// arms are warmed up long after others were visited.
func (r round) firstWarmup(arm, phase string) (record.Warmup, bool) {
	from := r.number
	if r.inTurns() && from > 1 {
		from--
	}
	for i := from; i <= r.number; i++ {
		for _, w := range r.c.Round(i).Warmups {
			if w.Variant == arm && w.Phase == phase && !w.Again {
				return w, true
			}
		}
	}
	return record.Warmup{}, false
}

// samples is how many a visit of the phase takes in this round: as many as were
// asked for, but no more than there are iterations of the slowest arm in a
// visit. Every arm takes the same number, because the fastest of more samples is
// faster. Before all arms are warm it is what was asked for.
func (r round) samples(phase string) int {
	m := r.d.Experiment.Measure
	slowest, least := 0.0, leastSamples
	for _, arm := range r.x.Arms {
		w, ok := r.firstWarmup(arm, phase)
		if !ok {
			return m.Samples
		}
		cost := w.PerNs
		if r.fixed(arm, phase) > 0 && w.Windows > 0 { // what it takes to get one, which may be more than what it shows
			cost, least = float64(w.Ns)/float64(w.Windows), 1
		}
		slowest = max(slowest, cost)
	}
	if slowest <= 0 {
		return m.Samples
	}
	return min(m.Samples, max(least, int(min(float64(m.Visit)/slowest, math.MaxInt32))))
}

func (r round) sampleNs(phase string) int64 {
	return r.d.Experiment.Measure.Visit / int64(r.samples(phase))
}

// fixed is how many iterations every sample of the phase has because the plugin
// cannot choose, 0 where the host does.
func (r round) fixed(arm, phase string) uint64 {
	for i := len(r.x.Prepared) - 1; i >= 0; i-- {
		if p := &r.x.Prepared[i]; p.Variant == arm {
			return p.Phases[phase].Iterations
		}
	}
	return 0
}

// iterations that fill a sample, or 0 while that is not known.
func (r round) iterations(arm, phase string) uint64 {
	if n := r.fixed(arm, phase); n > 0 {
		return n
	}
	w := r.lastWarmup(arm, phase)
	if w.PerNs <= 0 {
		return 0
	}
	return max(1, uint64(math.Round(float64(r.sampleNs(phase))/w.PerNs)))
}

// perSample is how many iterations a sample of a visit holds: one where a
// guardrail asks about single iterations and the plugin can choose. Warm-ups fill
// their windows all the same, since single iterations do not agree soon.
func (r round) perSample(arm, phase string) uint64 {
	if r.fixed(arm, phase) == 0 && r.d.TimesSingle(r.c, phase) {
		return 1
	}
	return r.iterations(arm, phase)
}
