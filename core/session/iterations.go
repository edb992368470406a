package session

import (
	"math"
	"slices"

	"github.com/assay-bench/assay/core/record"
)

const (
	// leastSamples of a visit whose iterations are long.
	leastSamples = 2
	// warmRounds is in how many rounds, this one the last, warm-ups say how long an
	// iteration takes.
	warmRounds = 8
	// alike is by what factor an arm may be slower than the fastest and still get
	// as many iterations.
	alike = 1.5
)

// warmTimes are how long an iteration takes, of an arm and of the fastest one: in
// the fastest of the last warm-ups, since other programs only make them longer; 0
// before the first. Those that a resumed session made once more decide nothing,
// nor do those between the visits of this round, which are to be alike.
func (r round) warmTimes(arm, phase string) (own, fastest float64) {
	for i := r.firstOfWarm(); i <= r.number; i++ {
		for _, w := range r.c.Round(i).Warmups {
			late := i == r.number && w.Visit > 0
			if w.Phase != phase || w.Again || late || w.PerNs <= 0 || !slices.Contains(r.x.Arms, w.Variant) {
				continue
			}
			if fastest == 0 || w.PerNs < fastest {
				fastest = w.PerNs
			}
			if w.Variant == arm && (own == 0 || w.PerNs < own) {
				own = w.PerNs
			}
		}
	}
	return own, fastest
}

// firstOfWarm is the first round whose warm-ups count.
func (r round) firstOfWarm() int { return max(1, r.number-warmRounds+1) }

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

// iterations that fill a sample, or 0 while that is not known. Arms that take
// about as long get the same number: with fewer, more of a sample is its
// beginning, and the arm looks slower.
func (r round) iterations(arm, phase string) uint64 {
	if n := r.fixed(arm, phase); n > 0 {
		return n
	}
	own, fastest := r.warmTimes(arm, phase)
	if own <= 0 {
		return 0
	}
	if own < alike*fastest {
		own = fastest
	}
	return uint64(min(max(1, math.Round(float64(r.sampleNs(phase))/own)), mostIterations))
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
