// Package attribution says where the time of one path goes, and where it
// differs from another's: in kernels, between the device and the host, or in
// host work that prepares dispatches. It is pure: per-round times in, estimates
// with intervals out.
//
// Imported by core/page and core/session.
package attribution

import (
	"cmp"
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

// Two-sided confidences: of the intervals that are reported, and of those that
// have to agree before a cause is called shown. A session makes several such
// claims, so that one in twenty would be too many to be wrong.
const (
	Confidence      = 0.95
	ShownConfidence = 0.99
)

// Explain compares the two paths round by round: base[i] and path[i] are of the
// same round. A cause is shown when, at ShownConfidence, there is a difference
// and the cause's share of it lies wholly above every other part's; likely when
// at Confidence there is a difference and its largest part is beyond doubt.
func Explain(base, path []Times) (Attribution, error) {
	if len(base) != len(path) || len(base) == 0 {
		return Attribution{}, fmt.Errorf("attribution: %d rounds of the base and %d of the path, want the same number, at least 1", len(base), len(path))
	}
	a, err := estimate(base, path, Confidence)
	if err != nil {
		return Attribution{}, fmt.Errorf("attribution: %w", err)
	}
	strict, err := estimate(base, path, ShownConfidence)
	if err != nil {
		return Attribution{}, fmt.Errorf("attribution: %w", err)
	}
	a.Bound = a.bound()
	a.Certainty = "open"
	if cause, apart := strict.cause(); apart {
		a.Cause, a.Certainty = cause, "shown"
	} else if cause, _ := a.cause(); cause != "" {
		a.Cause, a.Certainty = cause, "likely"
	}
	return a, nil
}

// estimate fills in everything but the conclusions.
func estimate(base, path []Times, confidence float64) (Attribution, error) {
	a := Attribution{Rounds: len(base), Confidence: confidence}
	var failed error
	over := func(f func(b, p Times) float64) Interval {
		d := make([]float64, len(base))
		for i := range base {
			d[i] = f(base[i], path[i])
		}
		in, err := interval(d, (1-confidence)/2)
		if err != nil && failed == nil {
			failed = err
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
	return a, failed
}

// bound is the part whose share of the wall time lies wholly above the others'.
func (a *Attribution) bound() Part {
	first, rest := largest(a.Parts, func(e Estimates) Interval { return e.Share })
	for _, other := range rest {
		if !first.Share.above(other.Share) {
			return ""
		}
	}
	return first.Part
}

// cause is the part with the largest share of a difference that is beyond doubt,
// in the difference's own direction; apart says that its interval lies wholly
// above every other part's.
func (a *Attribution) cause() (cause Part, apart bool) {
	if !a.Ratio.Excludes(1) || !a.Delta.Excludes(0) {
		return "", false
	}
	sign := math.Copysign(1, a.Delta.Estimate)
	first, rest := largest(a.Parts, func(e Estimates) Interval { return e.Delta.times(sign) })
	delta := first.Delta.times(sign)
	if delta.Open || delta.Lower <= 0 {
		return "", false
	}
	apart = true
	for _, other := range rest {
		apart = apart && delta.above(other.Delta.times(sign))
	}
	return first.Part, apart
}

// largest parts by the estimate of some interval.
func largest(parts []Estimates, by func(Estimates) Interval) (first Estimates, rest []Estimates) {
	sorted := slices.Clone(parts)
	slices.SortStableFunc(sorted, func(x, y Estimates) int { return cmp.Compare(by(y).Estimate, by(x).Estimate) })
	return sorted[0], sorted[1:]
}

func interval(d []float64, alpha float64) (Interval, error) {
	p, err := stats.NewPaired(d)
	if err != nil {
		return Interval{}, err
	}
	lower, err := p.Lower(alpha)
	if err != nil {
		return Interval{}, err
	}
	upper, err := p.Upper(alpha)
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
