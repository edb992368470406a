package expr

import (
	"math"
	"math/big"

	"github.com/zclconf/go-cty/cty"
)

// An Interval holds the true value of a measured number, with the confidence of
// whoever made it.
type Interval struct {
	Estimate, Lower, Upper float64 // a bound that is not known is infinite
}

// Exactly is a number that is known.
func Exactly(x float64) Interval { return Interval{x, x, x} }

// Value is the interval as a cty number: unknown, between its bounds.
func (i Interval) Value() cty.Value { return between(i.Lower, i.Upper) }

// Bounds is an object of estimate, lower and upper, for messages.
func (i Interval) Bounds() cty.Value {
	return cty.ObjectVal(map[string]cty.Value{
		"estimate": cty.NumberFloatVal(i.Estimate), "lower": cty.NumberFloatVal(i.Lower), "upper": cty.NumberFloatVal(i.Upper),
	})
}

// between is the number of which no more than two bounds is known.
func between(lo, hi float64) cty.Value {
	if lo == hi && !math.IsInf(lo, 0) {
		return cty.NumberFloatVal(lo)
	}
	r := cty.UnknownVal(cty.Number).Refine().NotNull()
	if !math.IsInf(lo, 0) {
		r = r.NumberRangeLowerBound(cty.NumberFloatVal(lo), true)
	}
	if !math.IsInf(hi, 0) {
		r = r.NumberRangeUpperBound(cty.NumberFloatVal(hi), true)
	}
	return r.NewValue()
}

// boundsOf are the least and the most that a number may be.
func boundsOf(v cty.Value) (lo, hi float64) {
	if v.IsKnown() {
		x := float(v)
		return x, x
	}
	lo, hi = math.Inf(-1), math.Inf(1)
	if v.Type() != cty.Number {
		return lo, hi
	}
	if b, _ := v.Range().NumberLowerBound(); b.IsKnown() {
		lo = float(b)
	}
	if b, _ := v.Range().NumberUpperBound(); b.IsKnown() {
		hi = float(b)
	}
	return lo, hi
}

func float(v cty.Value) float64 {
	x, _ := new(big.Float).Copy(v.AsBigFloat()).Float64()
	return x
}

// times is a product in which nothing times infinity is nothing: infinity stands
// for a bound that is not known, and no value is infinite.
func times(a, b float64) float64 {
	if a == 0 || b == 0 {
		return 0
	}
	return a * b
}

// corners are the least and the most of f over two intervals, for an f that has
// them where bounds meet.
func corners(f func(a, b float64) float64, al, ah, bl, bh float64) (lo, hi float64) {
	lo, hi = math.Inf(1), math.Inf(-1)
	for _, a := range []float64{al, ah} {
		for _, b := range []float64{bl, bh} {
			lo, hi = math.Min(lo, f(a, b)), math.Max(hi, f(a, b))
		}
	}
	return lo, hi
}

// reciprocal is 1/[lo, hi].
func reciprocal(lo, hi float64) (l, h float64) {
	switch {
	case lo > 0 || hi < 0:
		return 1 / hi, 1 / lo
	case lo == 0 && hi > 0:
		return 1 / hi, math.Inf(1)
	case hi == 0 && lo < 0:
		return math.Inf(-1), 1 / lo
	}
	return math.Inf(-1), math.Inf(1)
}
