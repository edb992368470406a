package judge

import (
	"fmt"
	"math"

	"github.com/assay-bench/assay/core/stats"
)

// SmallestLoss is the loss (a fraction, 0.01 for 1 %) that the given number of
// rounds detects with 80 % power when one round's log-ratio has the standard
// deviation spread: what `plan` promises from the last known noise floor. It is
// 1 when no loss can be detected with so few rounds.
func (p Plan) SmallestLoss(rounds int, spread float64) (float64, error) {
	d, err := stats.SmallestDetectable(rounds, spread, p.share(p.lookAt(rounds)), planPower)
	return -math.Expm1(-d), err
}

// RoundsFor is the number of rounds at which a variant without loss passes a
// guardrail of the given margin (a fraction above 0) with 80 % power, at the
// level of the last look.
func (p Plan) RoundsFor(margin, spread float64) (int, error) {
	if !(margin > 0 && margin < 1) {
		return 0, fmt.Errorf("margin: %v, want more than 0 and less than 1", margin)
	}
	return stats.RoundsNeeded(spread, -math.Log1p(-margin), p.share(len(p.Looks)-1), planPower)
}

// planPower is the power that advice about rounds aims at.
const planPower = 0.8

// roundsWorthAdvising is where advice stops being "add rounds".
const roundsWorthAdvising = 200

// maxRoundsFor is the max_rounds of a new session that proves an effect of delta
// (log-ratio) with planPower, at a part of the error of one claim. It lays the
// looks out again, since a later last look has a level of its own. ok is false
// where that takes more than [roundsWorthAdvising], or the effect is none.
func (p Plan) maxRoundsFor(spread, delta, part float64) (n int, ok bool) {
	if !(delta > 0) {
		return 0, false
	}
	for n = p.Rounds; n <= roundsWorthAdvising; {
		m := p.Method
		m.MaxRounds = n
		q, err := NewPlan(m)
		if err != nil {
			return 0, false
		}
		need, err := stats.RoundsNeeded(spread, delta, part*q.share(len(q.Looks)-1), planPower)
		if err != nil {
			return 0, false
		}
		need += need / 4 // the exact test of few rounds has less power than the formula says
		if need <= q.MaxRounds {
			return q.MaxRounds, true
		}
		n = need
	}
	return 0, false
}

// evenChance is the power from which on more rounds beside a noisy control are
// worth running.
const evenChance = 0.5

// hopeless says that no planned number of rounds could settle the test.
func (t test) hopeless(p Plan) bool {
	switch {
	case t.g.AsIs(), t.arm.Lacks != nil, t.arm.Ended != nil:
		return true
	case t.g.Absolute():
		return false
	case t.storedTooFew(p):
		return true
	}
	return t.control.hopeless(p, t.look, t.g) && !t.provableByEnd(p)
}

// provableByEnd says that the last planned look has at least an even chance to
// prove an effect as large as the estimate beside a noisy control.
func (t test) provableByEnd(p Plan) bool {
	if t.sample == nil {
		return false
	}
	spread, effect, part := t.toProve(p, t.effectBesideNoise(), doubtShare)
	if effect <= 0 {
		return false
	}
	last := len(p.Looks) - 1
	n, err := stats.RoundsNeeded(spread, effect, part*p.share(last), evenChance)
	return err == nil && n <= p.Looks[last].Rounds
}
