package stats

import (
	"math"
	"slices"
	"sort"
)

// An Unpaired sample holds the sorted values of the rounds and the null
// distribution of the sign test. It bounds the median of one round's value, as
// order statistics, and assumes no symmetry: a value alone has no control that
// would make it symmetric, and the 99th percentile of a round's times is not.
type Unpaired struct {
	sorted []float64
	cdf    []float64 // of Binomial(n, ½)
	sd     float64
}

// NewUnpaired prepares values, which it does not keep or change. It refuses what
// [NewPaired] does.
func NewUnpaired(values []float64) (*Unpaired, error) {
	if err := checkSample(values); err != nil {
		return nil, err
	}
	n := len(values)
	cdf := make([]float64, n+1)
	p := math.Pow(0.5, float64(n))
	for k := range cdf {
		if cdf[k] = p; k > 0 {
			cdf[k] = math.Min(cdf[k-1]+p, 1)
		}
		p *= float64(n-k) / float64(k+1)
	}
	return &Unpaired{sorted: slices.Sorted(slices.Values(values)), cdf: cdf, sd: StdDev(values)}, nil
}

// N is the number of rounds.
func (u *Unpaired) N() int { return len(u.sorted) }

// StdDev is the sample standard deviation of the values, 0 for one round.
func (u *Unpaired) StdDev() float64 { return u.sd }

// Estimate is the median of the values.
func (u *Unpaired) Estimate() float64 { return medianSorted(u.sorted) }

// Lower is the bound L with P(median < L) <= alpha: the (c+1)-th smallest value,
// c the largest number with P(B <= c) <= alpha for B of the sign test.
func (u *Unpaired) Lower(alpha float64) (Bound, error) {
	if err := checkAlpha(alpha); err != nil {
		return Bound{}, err
	}
	c := critical(u.cdf, alpha)
	if c < 0 {
		return Bound{Value: math.Inf(-1), Open: true}, nil
	}
	return Bound{Value: u.sorted[min(c, len(u.sorted)-1)]}, nil
}

// Upper is the bound U with P(median > U) <= alpha, the mirror of Lower.
func (u *Unpaired) Upper(alpha float64) (Bound, error) {
	if err := checkAlpha(alpha); err != nil {
		return Bound{}, err
	}
	c := critical(u.cdf, alpha)
	if c < 0 {
		return Bound{Value: math.Inf(1), Open: true}, nil
	}
	return Bound{Value: u.sorted[max(len(u.sorted)-1-c, 0)]}, nil
}

// PGreater is the exact p-value of H0: median <= c against median > c. Values
// that equal c count against the claim.
func (u *Unpaired) PGreater(c float64) float64 {
	return u.cdf[sort.Search(len(u.sorted), func(i int) bool { return u.sorted[i] > c })]
}

// PLess is the exact p-value of H0: median >= c against median < c.
func (u *Unpaired) PLess(c float64) float64 {
	return u.cdf[len(u.sorted)-sort.SearchFloat64s(u.sorted, c)]
}
