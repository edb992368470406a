package stats

import "math"

// A Difference is of two independent samples, such as those of two sessions: the
// number of the first less that of the second. Each bound takes half of the error
// from either sample, so that it holds whatever the shapes of the two are; it is
// wider than a two-sample test's, which would have to assume that they have one
// shape.
type Difference struct{ first, second Sample }

// NewDifference makes one of two samples.
func NewDifference(first, second Sample) *Difference { return &Difference{first, second} }

// Parts are the two samples.
func (d *Difference) Parts() (first, second Sample) { return d.first, d.second }

// N is the smaller number of rounds.
func (d *Difference) N() int { return min(d.first.N(), d.second.N()) }

// StdDev is that of the difference of one round of each.
func (d *Difference) StdDev() float64 { return math.Hypot(d.first.StdDev(), d.second.StdDev()) }

// Estimate is the difference of the estimates.
func (d *Difference) Estimate() float64 { return d.first.Estimate() - d.second.Estimate() }

// Lower is the first's lower bound less the second's upper one, at half of alpha
// each.
func (d *Difference) Lower(alpha float64) (Bound, error) {
	lo, err := d.first.Lower(alpha / 2)
	if err != nil {
		return Bound{}, err
	}
	hi, err := d.second.Upper(alpha / 2)
	if err != nil {
		return Bound{}, err
	}
	if lo.Open || hi.Open {
		return Bound{Value: math.Inf(-1), Open: true}, nil
	}
	return Bound{Value: lo.Value - hi.Value}, nil
}

// Upper is the mirror of Lower.
func (d *Difference) Upper(alpha float64) (Bound, error) {
	b, err := (&Difference{d.second, d.first}).Lower(alpha)
	b.Value = -b.Value
	return b, err
}

// PGreater is twice the least, over all x, of the larger of the two p-values that
// the second number is below x and the first above x + c. Whatever the true second
// number is, a wrong claim needs one of the two to be wrong about it.
func (d *Difference) PGreater(c float64) float64 {
	return pApart(func(x float64) float64 { return d.second.PLess(x) }, func(x float64) float64 { return d.first.PGreater(x + c) },
		d.second.Estimate(), d.StdDev())
}

// PLess is the mirror of PGreater.
func (d *Difference) PLess(c float64) float64 {
	return (&Difference{d.second, d.first}).PGreater(-c)
}

// pApart finds where falling and rising cross, from start in steps that grow from
// step. Both are steps, so that the least of the larger one lies on either side of
// the crossing.
func pApart(falling, rising func(float64) float64, start, step float64) float64 {
	step = math.Max(step, math.Max(math.Abs(start)*1e-6, 1e-12))
	lo, hi := start-step, start+step
	for s := step; rising(lo) > falling(lo) && !math.IsInf(lo, 0); s *= 2 {
		lo -= s
	}
	for s := step; rising(hi) < falling(hi) && !math.IsInf(hi, 0); s *= 2 {
		hi += s
	}
	p := 1.0
	for range 64 { // a float64 has 53 bits
		mid := lo + (hi-lo)/2
		r, f := rising(mid), falling(mid)
		p = math.Min(p, math.Max(r, f))
		if r > f {
			hi = mid
		} else {
			lo = mid
		}
	}
	for _, x := range []float64{lo, hi} {
		p = math.Min(p, math.Max(rising(x), falling(x)))
	}
	return math.Min(1, 2*p)
}
