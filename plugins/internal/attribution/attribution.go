// Package attribution says where the time of one path goes, and where it
// differs from another's: in kernels, between the device and the host, or in
// host work that prepares dispatches. It is pure: per-round times in, estimates
// with intervals out.
//
// Imported by plugins/gather-qmm and plugins/moe-mlp.
package attribution

import (
	"fmt"
	"math"
	"slices"

	"github.com/assay-bench/assay/core/stats"
)

// Times of one round, ns per iteration.
type Times struct{ Wall, Device, Encode float64 }

// Part is where time can go.
type Part string

// The three parts add up to the wall time. Launch is what is left of it, so it
// is negative where the host prepares while the device already runs.
const (
	Kernel  Part = "kernel"  // device time
	Launch  Part = "launch"  // wall less device less encode
	Wrapper Part = "wrapper" // host time spent preparing and submitting
)

// Parts in the order of reports.
func Parts() []Part { return []Part{Kernel, Launch, Wrapper} }

func (t Times) part(p Part) float64 {
	switch p {
	case Kernel:
		return t.Device
	case Wrapper:
		return t.Encode
	}
	return t.Wall - t.Device - t.Encode
}

// Interval is a Hodges-Lehmann estimate over rounds with its exact signed-rank
// interval. Open: too few rounds for the confidence asked, no interval.
type Interval struct {
	Estimate float64 `json:"estimate"`
	Lower    float64 `json:"lower"`
	Upper    float64 `json:"upper"`
	Open     bool    `json:"open,omitempty"`
}

// Excludes says that x lies outside the interval.
func (i Interval) Excludes(x float64) bool { return !i.Open && (x < i.Lower || x > i.Upper) }

// above: the whole of i lies above the whole of o.
func (i Interval) above(o Interval) bool { return !i.Open && !o.Open && i.Lower > o.Upper }

// Estimates of one part.
type Estimates struct {
	Part  Part     `json:"part"`
	Share Interval `json:"share_of_wall"` // of the path's own wall time
	Delta Interval `json:"delta_ns"`      // path less base, per iteration; above 0 is slower
}

// Attribution of one path against a base, with the confidence of every interval.
type Attribution struct {
	Rounds     int         `json:"rounds"`
	Confidence float64     `json:"confidence"`
	Ratio      Interval    `json:"ratio"` // speed against the base
	Delta      Interval    `json:"delta_ns"`
	Parts      []Estimates `json:"parts"`
	// Bound is the part that takes most of the path's own time, "" if that
	// cannot be told.
	Bound Part `json:"bound"`
	// Cause is the part in which most of the difference lies, "" if that
	// cannot be told or there is no difference to tell.
	Cause Part `json:"cause"`
	// Certainty of Cause: shown, likely or open.
	Certainty string `json:"certainty"`
}

// Confidence of the intervals, two-sided.
const Confidence = 0.95

// Explain compares the two paths round by round: base[i] and path[i] are of the
// same round.
func Explain(base, path []Times) (Attribution, error) {
	if len(base) != len(path) || len(base) == 0 {
		return Attribution{}, fmt.Errorf("attribution: %d rounds of the base and %d of the path, want the same number, at least 1", len(base), len(path))
	}
	a := Attribution{Rounds: len(base), Confidence: Confidence}
	var failed error
	over := func(f func(b, p Times) float64) Interval {
		d := make([]float64, len(base))
		for i := range base {
			d[i] = f(base[i], path[i])
		}
		in, err := interval(d)
		if err != nil && failed == nil {
			failed = fmt.Errorf("attribution: %w", err)
		}
		return in
	}
	a.Ratio = over(func(b, p Times) float64 { return math.Log(b.Wall / p.Wall) }).exp()
	a.Delta = over(func(b, p Times) float64 { return p.Wall - b.Wall })
	for _, part := range Parts() {
		a.Parts = append(a.Parts, Estimates{
			Part:  part,
			Share: over(func(_, p Times) float64 { return p.part(part) / p.Wall }),
			Delta: over(func(b, p Times) float64 { return p.part(part) - b.part(part) }),
		})
	}
	if failed != nil {
		return Attribution{}, failed
	}
	a.conclude()
	return a, nil
}

// conclude names the bound and the cause. A cause is shown when its share of the
// difference lies wholly above every other part's, in the difference's own
// direction; likely when it is the largest and is itself beyond doubt.
func (a *Attribution) conclude() {
	a.Certainty = "open"
	shares := slices.Clone(a.Parts)
	slices.SortStableFunc(shares, func(x, y Estimates) int { return compare(y.Share.Estimate, x.Share.Estimate) })
	if shares[0].Share.above(shares[1].Share) && shares[0].Share.above(shares[2].Share) {
		a.Bound = shares[0].Part
	}
	if !a.Delta.Excludes(0) {
		return
	}
	sign := math.Copysign(1, a.Delta.Estimate)
	deltas := slices.Clone(a.Parts)
	for i := range deltas {
		deltas[i].Delta = deltas[i].Delta.times(sign)
	}
	slices.SortStableFunc(deltas, func(x, y Estimates) int { return compare(y.Delta.Estimate, x.Delta.Estimate) })
	first := deltas[0].Delta
	switch {
	case first.above(deltas[1].Delta) && first.above(deltas[2].Delta) && first.Lower > 0:
		a.Cause, a.Certainty = deltas[0].Part, "shown"
	case !first.Open && first.Lower > 0:
		a.Cause, a.Certainty = deltas[0].Part, "likely"
	}
}

func compare(x, y float64) int {
	switch {
	case x < y:
		return -1
	case x > y:
		return 1
	}
	return 0
}

func interval(d []float64) (Interval, error) {
	p, err := stats.NewPaired(d)
	if err != nil {
		return Interval{}, err
	}
	lower, err := p.Lower((1 - Confidence) / 2)
	if err != nil {
		return Interval{}, err
	}
	upper, err := p.Upper((1 - Confidence) / 2)
	if err != nil {
		return Interval{}, err
	}
	in := Interval{Estimate: p.Estimate(), Lower: lower.Value, Upper: upper.Value, Open: lower.Open || upper.Open}
	if in.Open { // infinities do not survive JSON
		in.Lower, in.Upper = in.Estimate, in.Estimate
	}
	return in, nil
}

func (i Interval) exp() Interval {
	i.Estimate, i.Lower, i.Upper = math.Exp(i.Estimate), math.Exp(i.Lower), math.Exp(i.Upper)
	return i
}

func (i Interval) times(sign float64) Interval {
	if sign < 0 {
		i.Estimate, i.Lower, i.Upper = -i.Estimate, -i.Upper, -i.Lower
	}
	return i
}
