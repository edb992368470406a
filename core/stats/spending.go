package stats

import (
	"fmt"
	"math"
)

// Spending names how the permitted error is shared over the planned looks.
type Spending string

const (
	// Pocock spends about as much at the first look as at the later ones, so
	// that a clear answer comes early: alpha·ln(1+(e-1)t).
	Pocock Spending = "pocock"
	// OBrienFleming keeps nearly all for the last look: 2-2Φ(z_{alpha/2}/√t).
	OBrienFleming Spending = "obrien-fleming"
)

// LookAlphas gives the level of each look for the planned numbers of rounds,
// which must ascend. Both spending functions are those of Lan & DeMets
// (Biometrika 70, 1983), with t = rounds at the look / rounds at the last.
//
// A look's level is what the function spends since the look before. The levels
// add up to alpha, so by Bonferroni's inequality the chance of a false claim at
// any look is at most alpha whatever the dependence between the looks: no joint
// normal distribution, which eight rounds would not have, is assumed. The price
// against Lan & DeMets' own boundaries is a somewhat wider interval at the
// later looks.
func LookAlphas(looks []int, alpha float64, s Spending) ([]float64, error) {
	if err := checkAlpha(alpha); err != nil {
		return nil, err
	}
	if len(looks) == 0 {
		return nil, fmt.Errorf("looks: none planned")
	}
	last := looks[len(looks)-1]
	out := make([]float64, len(looks))
	before, prev := 0.0, 0
	for i, n := range looks {
		if n <= prev {
			return nil, fmt.Errorf("looks: %d rounds after %d, want ascending numbers above 0", n, prev)
		}
		spent, err := s.spent(float64(n)/float64(last), alpha)
		if err != nil {
			return nil, err
		}
		out[i] = spent - before
		before, prev = spent, n
	}
	return out, nil
}

// spent is what the function has spent of alpha at the fraction t, 0 < t <= 1.
func (s Spending) spent(t, alpha float64) (float64, error) {
	if t >= 1 {
		t = 1
	}
	switch s {
	case Pocock:
		return alpha * math.Log(1+(math.E-1)*t), nil
	case OBrienFleming:
		z := upperQuantile(alpha / 2)
		return math.Erfc(z / math.Sqrt(2*t)), nil
	}
	return 0, fmt.Errorf("spending: %q, want %q or %q", string(s), Pocock, OBrienFleming)
}
