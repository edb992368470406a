package judge

import (
	"math"
	"slices"

	"github.com/assay-bench/assay/core/stats"
)

// An absolute bound is held against the value itself, one number a round. The
// bounds are those of the median over rounds, from the sign test: nothing makes
// a single value symmetric, as drawing the order by lot makes a ratio, and the
// signed-rank test is wrong too often about the percentile of few iterations.
// What is allowed includes the bound, so an interval that ends on it lies inside.

// pInside is the p-value of the claim that the value lies within all bounds. Both
// claims must hold, so that their larger p-value is one of both.
func (t test) pInside() float64 {
	least, most, _ := t.g.bounds()
	p := 0.0
	if most != nil {
		p = t.sample.PLess(math.Nextafter(*most, math.Inf(1)))
	}
	if least != nil {
		p = math.Max(p, t.sample.PGreater(math.Nextafter(*least, math.Inf(-1))))
	}
	return p
}

// pOutside is the p-value of the claim that the value lies outside one of the
// bounds. With two of them there are two chances to be wrong.
func (t test) pOutside() float64 {
	least, most, _ := t.g.bounds()
	p := 1.0
	if most != nil {
		p = t.sample.PGreater(*most)
	}
	if least != nil {
		p = math.Min(p, t.sample.PLess(*least))
	}
	return math.Min(1, p*t.sides())
}

// sides is the number of bounds.
func (t test) sides() float64 {
	if least, most, _ := t.g.bounds(); least != nil && most != nil {
		return 2
	}
	return 1
}

// levels at which the shown lower and upper bounds are taken, so that the verdict
// can be read off them.
func (t test) levels(v Verdict) (lower, upper float64) {
	least, _, _ := t.g.bounds()
	switch {
	case t.sides() == 1 && least != nil:
		return t.alphaPass, t.alphaFail
	case t.sides() == 1:
		return t.alphaFail, t.alphaPass
	}
	a := math.Min(t.alphaPass, t.alphaFail/2)
	switch v {
	case Pass:
		a = t.alphaPass
	case Fail:
		a = t.alphaFail / 2
	}
	return a, a
}

func (t test) measureValue(j *Judgement) error {
	lower, upper := t.levels(j.Verdict)
	lo, hi, err := interval(t.sample, lower, upper)
	if err != nil {
		return err
	}
	j.Rounds, j.Estimate = t.sample.N(), ptr(t.sample.Estimate())
	j.Lower, j.Upper = end(lo), end(hi)
	return nil
}

func end(b stats.Bound) *float64 {
	if b.Open {
		return nil
	}
	return ptr(b.Value)
}

func (t test) measureAsIs(j *Judgement) {
	lo, hi := slices.Min(t.arm.Values), slices.Max(t.arm.Values)
	j.Rounds, j.Estimate, j.Lower, j.Upper = t.c.rounds(), ptr(stats.Median(t.arm.Values)), ptr(lo), ptr(hi)
	j.Win = !t.g.Absolute() && lo > 1 && *j.Estimate >= 1+t.g.MinGain
}

// verdictAsIs holds every value against the bounds. A value that is declared
// exact and yet differs from round to round, as with inputs that differ, may lie
// on both sides.
func (t test) verdictAsIs() Verdict {
	lo, hi := slices.Min(t.arm.Values), slices.Max(t.arm.Values)
	least, most, _ := t.g.bounds()
	if !t.g.Absolute() {
		line := t.g.MinRatio * (1 - t.g.Margin)
		switch {
		case lo > line || lo >= t.g.MinRatio:
			return Pass
		case hi <= line && hi < t.g.MinRatio:
			return Fail
		}
		return Inconclusive
	}
	switch {
	case (least == nil || lo >= *least) && (most == nil || hi <= *most):
		return Pass
	case least != nil && hi < *least, most != nil && lo > *most:
		return Fail
	}
	return Inconclusive
}
