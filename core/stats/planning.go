package stats

import (
	"fmt"
	"math"
)

// signedRankEfficiency is the asymptotic relative efficiency of the signed-rank
// test to the t-test on normal data, 3/π (Pitman; Lehmann 1975, §4.3). Heavier
// tails make it larger, so planning with it is careful.
const signedRankEfficiency = 3 / math.Pi

// upperQuantile is z with P(Z > z) = q for a standard normal Z. It takes the
// tail rather than 1-q so that small tails keep their digits.
func upperQuantile(q float64) float64 { return math.Sqrt2 * math.Erfcinv(2*q) }

// MinRounds is the fewest rounds at which a claim at level alpha is possible at
// all: with n rounds the smallest exact one-sided p-value is 2⁻ⁿ.
func MinRounds(alpha float64) (int, error) {
	if err := checkAlpha(alpha); err != nil {
		return 0, err
	}
	for n, p := 1, 0.5; n <= MaxExact; n, p = n+1, p/2 {
		if p <= alpha {
			return n, nil
		}
	}
	return 0, fmt.Errorf("alpha: %v needs more than %d rounds", alpha, MaxExact)
}

// RoundsNeeded plans the rounds that detect an effect of delta (log-ratio, > 0)
// with the given power at one-sided level alpha, when one round's log-ratio has
// standard deviation sigma:
//
//	n = ((z_{1-alpha} + z_power) · sigma/delta)² · π/3
//
// rounded up and never below [MinRounds]. It is the usual sample-size formula
// of the z-test, corrected for the signed-rank test's efficiency. As a plan for
// a pass, delta is the margin less the loss that is really there. The result is
// capped at [math.MaxInt32].
func RoundsNeeded(sigma, delta, alpha, power float64) (int, error) {
	if err := checkPlan(sigma, alpha, power); err != nil {
		return 0, err
	}
	if !(delta > 0) || math.IsInf(delta, 0) {
		return 0, fmt.Errorf("effect: %v, want a number above 0", delta)
	}
	least, err := MinRounds(alpha)
	if err != nil {
		return 0, err
	}
	z := upperQuantile(alpha) + upperQuantile(1-power)
	n := math.Ceil(z * z * sigma * sigma / (delta * delta) / signedRankEfficiency)
	if n > math.MaxInt32 {
		return math.MaxInt32, nil
	}
	return max(least, int(n)), nil
}

// SmallestDetectable is the smallest effect (log-ratio) that n rounds detect
// with the given power at one-sided level alpha: [RoundsNeeded] solved for
// delta. It is +Inf when n is below [MinRounds].
func SmallestDetectable(n int, sigma, alpha, power float64) (float64, error) {
	if err := checkPlan(sigma, alpha, power); err != nil {
		return 0, err
	}
	least, err := MinRounds(alpha)
	if err != nil {
		return 0, err
	}
	if n < least {
		return math.Inf(1), nil
	}
	z := upperQuantile(alpha) + upperQuantile(1-power)
	return z * sigma / math.Sqrt(float64(n)*signedRankEfficiency), nil
}

func checkPlan(sigma, alpha, power float64) error {
	if err := checkAlpha(alpha); err != nil {
		return err
	}
	if !(sigma >= 0) || math.IsInf(sigma, 0) {
		return fmt.Errorf("spread: %v, want a number of at least 0", sigma)
	}
	if !(power >= 0.5 && power < 1) {
		return fmt.Errorf("power: %v, want at least 0.5 and less than 1", power)
	}
	return nil
}
