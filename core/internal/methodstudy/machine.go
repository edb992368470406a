package main

import (
	"math"
	"math/rand/v2"
	"slices"
	"strconv"

	"github.com/assay-bench/assay/core/record"
	"github.com/assay-bench/assay/core/stats"
)

// What every simulated machine has in common. A time that it gives is the true
// time multiplied by exp(drift + layout + noise).
const (
	// layoutSD is what one process does to one arm alone, such as where its
	// buffers land.
	layoutSD = 0.002
	// sampleSD is the spread of the samples within one visit.
	sampleSD = 0.005
	// samplesPerVisit is how many samples one visit or launch takes, where nothing
	// else is said.
	samplesPerVisit = 5
	// forget is the drift's usual correlation time: after so many launches the
	// correlation with now is 1/e. Published runs of one unchanged model show
	// 10 to 15.
	forget = 12.0
)

// A weather is one kind of machine.
type weather struct {
	name string
	// sd is the standard deviation of the drift over a long time, as a
	// logarithm of the speed.
	sd     float64
	forget float64
	// burst is the chance that something else slows a visit by burstSlow.
	burst float64
	// ramp is how much slower each visit of a process is than the one before.
	ramp float64
	// unfair is how much slower everything but the baseline is, without reason.
	unfair float64
	// peak is how much the peaks of memory of equal processes differ: the mean, as
	// a share, of what an allocator takes too much, exponentially distributed.
	peak float64
}

const burstSlow = 0.2

var weathers = []weather{
	{name: "calm", sd: 0.006, forget: forget},
	{name: "warm", sd: 0.03, forget: forget},
	{name: "hot", sd: 0.09, forget: forget},
}

// hardships break one assumption each.
var hardships = []weather{
	{name: "drift that changes within 2 launches (3 %)", sd: 0.03, forget: 2},
	{name: "one visit in ten is 20 % slower", sd: 0.006, forget: forget, burst: 0.1},
	{name: "every visit of a process 1 % slower than the last", sd: 0.006, forget: forget, ramp: 0.01},
	{name: "whatever is not the baseline is 2 % slower", sd: 0.006, forget: forget, unfair: 0.02},
}

// A machine drifts as an Ornstein–Uhlenbeck process observed at launches.
type machine struct {
	weather
	rng     *rand.Rand
	drift   float64
	samples int       // of a visit
	tails   []float64 // by arm: the mean of what a stall adds to a sample, as a share; nil: there are none
}

func newMachine(w weather, rng *rand.Rand) *machine {
	return &machine{weather: w, rng: rng, drift: w.sd * rng.NormFloat64(), samples: samplesPerVisit}
}

// pass lets the time of one launch go by.
func (m *machine) pass() {
	keep := math.Exp(-1 / m.forget)
	m.drift = keep*m.drift + m.sd*math.Sqrt(1-keep*keep)*m.rng.NormFloat64()
}

// visit takes the samples of one visit of an arm whose true time is t and whose
// process slows it by the factor exp(slow).
func (m *machine) visit(t, slow float64) []float64 {
	m.pass()
	if m.burst > 0 && m.rng.Float64() < m.burst {
		slow += burstSlow
	}
	out := make([]float64, m.samples)
	for i := range out {
		out[i] = t * math.Exp(m.drift+slow+sampleSD*m.rng.NormFloat64())
	}
	return out
}

func (m *machine) layout() float64 { return layoutSD * m.rng.NormFloat64() }

// launch is a whole process that measures one arm: what the simpler methods do.
func (m *machine) launch(t float64) float64 {
	return stats.Median(m.visit(t, m.layout()))
}

// round is one round of Assay: one process that visits every arm in a random
// order and then in its reverse, once. Each visit takes as long here as a launch
// of the simpler methods, which is unkind to Assay, whose visits are shorter and
// more. Arms are named by their index in times; arm 0 is the baseline.
func (m *machine) round(times []float64) *record.Round {
	m.pass() // starting the process
	slow := make([]float64, len(times))
	for i := range slow {
		slow[i] = m.layout()
		if i > 0 {
			slow[i] += m.unfair
		}
	}
	there := m.rng.Perm(len(times))
	back := slices.Clone(there)
	slices.Reverse(back)
	d := &record.Round{}
	for pass, order := range [][]int{there, back} {
		for _, arm := range order {
			v := record.Visit{Variant: armName(arm), Phase: phase, Pass: pass + 1}
			for _, t := range m.visit(times[arm], slow[arm]+m.ramp*float64(len(d.Visits))) {
				if m.tails != nil {
					t *= 1 + m.tails[arm]*m.rng.ExpFloat64()
				}
				v.Samples.Add(record.Sample{Iterations: 1, WallNs: int64(math.Round(t * 1e9))})
			}
			d.Visits = append(d.Visits, v)
		}
	}
	return d
}

const phase = "decode"

func armName(i int) string { return strconv.Itoa(i) }
