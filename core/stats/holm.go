package stats

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// A Claim is what Holm's procedure says of one of m claims.
type Claim struct {
	Rejected bool
	// Alpha is the level at which the claim was tested: a claim is rejected
	// exactly when its p-value is at most Alpha.
	Alpha float64
}

// Holm is the step-down procedure of Holm (Scand. J. Statist. 6, 1979): the
// smallest p-value is compared with alpha/m, the next with alpha/(m-1), and so
// on until one is too large; the rest are not rejected. The chance of any false
// rejection among all m is at most alpha, whatever the dependence between them.
//
// m may exceed len(p): claims that were planned but have no p-value yet count
// as not rejected. A p-value above 1 is taken as 1.
func Holm(p []float64, m int, alpha float64) ([]Claim, error) {
	if err := checkAlpha(alpha); err != nil {
		return nil, err
	}
	if m < len(p) {
		return nil, fmt.Errorf("holm: family of %d is smaller than its %d p-values", m, len(p))
	}
	order := make([]int, len(p))
	for i, x := range p {
		if math.IsNaN(x) || x < 0 {
			return nil, fmt.Errorf("holm: p-value %d is %v", i, x)
		}
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(p[a], p[b]) })
	out := make([]Claim, len(p))
	left, open := m, true
	for _, i := range order {
		level := alpha / float64(left)
		open = open && p[i] <= level
		out[i] = Claim{Rejected: open, Alpha: level}
		if open {
			left--
		}
	}
	return out, nil
}
