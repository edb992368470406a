package stats

import (
	"math"
	"slices"
	"sort"
)

// A Bound is one end of a one-sided confidence interval.
type Bound struct {
	// Value is the bound. It is -Inf (lower) or +Inf (upper) when Open.
	Value float64
	// Open says that there are too few rounds for the confidence asked:
	// 2⁻ⁿ > alpha, so no data at all could have given a bound.
	Open bool
}

// A Paired sample holds the sorted Walsh averages and the null distribution of
// one set of log-ratios, so that several questions cost one sort.
type Paired struct {
	n     int
	walsh []float64 // (d_i+d_j)/2 for i <= j, ascending
	cdf   []float64
	sd    float64
}

// NewPaired prepares d, which it does not keep or change. It refuses an empty
// sample, more than [MaxExact] values, NaN and infinities.
func NewPaired(d []float64) (*Paired, error) {
	if err := checkSample(d); err != nil {
		return nil, err
	}
	cdf, err := SignedRankCDF(len(d))
	if err != nil {
		return nil, err
	}
	w := make([]float64, 0, len(d)*(len(d)+1)/2)
	for i, x := range d {
		for _, y := range d[:i+1] {
			w = append(w, x/2+y/2)
		}
	}
	slices.Sort(w)
	return &Paired{n: len(d), walsh: w, cdf: cdf, sd: StdDev(d)}, nil
}

// N is the number of rounds.
func (p *Paired) N() int { return p.n }

// StdDev is the sample standard deviation of the log-ratios, 0 for one round.
func (p *Paired) StdDev() float64 { return p.sd }

// Estimate is the Hodges–Lehmann estimate, the median of the Walsh averages
// (Hodges & Lehmann, Ann. Math. Statist. 34, 1963).
func (p *Paired) Estimate() float64 { return medianSorted(p.walsh) }

// Lower is the bound L with P(centre < L) <= alpha: the (c+1)-th smallest Walsh
// average, c the largest value with P(W <= c) <= alpha (Tukey 1949; Hollander,
// Wolfe & Chicken, Nonparametric Statistical Methods, 3rd ed., §3.3).
func (p *Paired) Lower(alpha float64) (Bound, error) {
	if err := checkAlpha(alpha); err != nil {
		return Bound{}, err
	}
	c := critical(p.cdf, alpha)
	if c < 0 {
		return Bound{Value: math.Inf(-1), Open: true}, nil
	}
	return Bound{Value: p.walsh[min(c, len(p.walsh)-1)]}, nil
}

// Upper is the bound U with P(centre > U) <= alpha, the mirror of Lower.
func (p *Paired) Upper(alpha float64) (Bound, error) {
	if err := checkAlpha(alpha); err != nil {
		return Bound{}, err
	}
	c := critical(p.cdf, alpha)
	if c < 0 {
		return Bound{Value: math.Inf(1), Open: true}, nil
	}
	return Bound{Value: p.walsh[max(len(p.walsh)-1-c, 0)]}, nil
}

// PGreater is the exact p-value of H0: centre <= c against centre > c.
//
// With W₋ the number of Walsh averages <= c, p = P(W <= W₋). Without ties W₋ is
// the rank sum of the d below c. With ties and zeros it is the largest rank sum
// that any way of breaking them could give: moving tied values apart by less
// than any other distance turns each average that equals c into one side or the
// other, and here all of them count as below. A rank sum whose ties are broken
// by coin has the tabulated distribution, and this one is never smaller, so
// P(p <= alpha) <= alpha holds for discrete data too.
func (p *Paired) PGreater(c float64) float64 {
	return p.tail(sort.Search(len(p.walsh), func(i int) bool { return p.walsh[i] > c }))
}

// PLess is the exact p-value of H0: centre >= c against centre < c.
func (p *Paired) PLess(c float64) float64 {
	return p.tail(len(p.walsh) - sort.SearchFloat64s(p.walsh, c))
}

func (p *Paired) tail(w int) float64 { return p.cdf[w] }
