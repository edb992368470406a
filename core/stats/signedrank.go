package stats

import (
	"fmt"
	"math"
)

// MaxExact is the largest number of rounds for which the signed-rank
// distribution is computed. The distribution costs n³/2 additions, so this is
// a guard against a mistyped count, not a limit anyone meets by measuring.
const MaxExact = 1000

// SignedRankCDF returns the null distribution of the Wilcoxon signed-rank
// statistic for n untied rounds: element w is P(W <= w), w = 0 … n(n+1)/2.
//
// W is the sum of the ranks whose sign is positive, and under the null each
// rank 1…n is in the sum with probability ½, independently. Rank by rank,
// P_k(w) = ½·P_{k-1}(w) + ½·P_{k-1}(w-k)   (Wilcoxon 1945; Lehmann,
// Nonparametrics, 1975, §3.2). Working with probabilities rather than counts
// keeps n = 1000 in range (2⁻¹⁰⁰⁰ is a normal float64), and since only positive
// numbers are added the relative error stays below n·2⁻⁵².
func SignedRankCDF(n int) ([]float64, error) {
	if n < 1 || n > MaxExact {
		return nil, fmt.Errorf("signed-rank distribution: %d rounds, want 1 to %d", n, MaxExact)
	}
	p := make([]float64, n*(n+1)/2+1)
	p[0] = 1
	top := 0
	for k := 1; k <= n; k++ {
		top += k
		for w := top; w >= k; w-- {
			p[w] = (p[w] + p[w-k]) / 2
		}
		for w := k - 1; w >= 0; w-- {
			p[w] /= 2
		}
	}
	for w := 1; w < len(p); w++ {
		p[w] = math.Min(p[w-1]+p[w], 1)
	}
	return p, nil
}

// critical returns the largest c with cdf[c] <= alpha, or -1 when
// even cdf[0] = 2⁻ⁿ is more than alpha.
func critical(cdf []float64, alpha float64) int {
	c := -1
	for c+1 < len(cdf) && cdf[c+1] <= alpha {
		c++
	}
	return c
}

// checkSample refuses what no rank can be given to.
func checkSample(d []float64) error {
	if len(d) == 0 {
		return fmt.Errorf("sample: no values")
	}
	if len(d) > MaxExact {
		return fmt.Errorf("sample: %d values, the exact method takes up to %d", len(d), MaxExact)
	}
	for i, x := range d {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return fmt.Errorf("sample: value %d is %v", i, x)
		}
	}
	return nil
}

// checkAlpha accepts the open interval (0, 1).
func checkAlpha(alpha float64) error {
	if !(alpha > 0 && alpha < 1) {
		return fmt.Errorf("alpha: %v, want more than 0 and less than 1", alpha)
	}
	return nil
}
