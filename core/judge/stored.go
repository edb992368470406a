package judge

import (
	"fmt"
	"math"

	"github.com/assay-bench/assay/core/stats"
)

// A guardrail against a stored session takes half of each bound's error from that
// session, whose rounds are what they are: too few of them, or too noisy ones,
// are a limit that no round measured now moves.

// sessionShare is the part of a claim's error that either of two sessions has
// (see stats.Difference).
const sessionShare = 0.5

// storedNeeds is how many rounds of a stored session give bounds at look k, of
// its variant and of its control.
func (p Plan) storedNeeds(k int) int {
	n, err := stats.MinRounds(sessionShare * math.Min(p.share(k), p.controlShare(p.Looks[k])))
	if err != nil {
		return math.MaxInt
	}
	return n
}

// storedRounds is how many rounds the stored session has for both.
func (t test) storedRounds() int {
	if t.control.then.rounds == 0 {
		return len(t.arm.Stored)
	}
	return min(len(t.arm.Stored), t.control.then.rounds)
}

// storedTooFew says that the stored session gives no bounds at any look that is
// left, or at the last one when none is.
func (t test) storedTooFew(p Plan) bool {
	if t.g.Against == "" || t.g.AsIs() || len(t.arm.Stored) == 0 {
		return false
	}
	k := t.look
	if t.c.rounds() >= p.Looks[k].Rounds && k+1 < len(p.Looks) {
		k++
	}
	for ; k < len(p.Looks); k++ {
		if t.storedRounds() >= p.storedNeeds(k) {
			return false
		}
	}
	return true
}

// measureStored advises on a stored session of too few rounds.
func (t test) measureStored(p Plan) string {
	most := 0
	for k := range p.Looks {
		most = max(most, p.storedNeeds(k))
	}
	return fmt.Sprintf("measure the stored baseline %q again, with rounds = %d or more in its measure block: its %d can give no bound at the level needed, however many are measured now",
		t.g.Against, most, t.storedRounds())
}

// toProve is what the rounds of this session must show of an effect (a log-ratio,
// at a part of one claim's error): the spread of one of them, what is left of the
// effect beside the stored session's part of the interval, and their part of the
// error.
func (t test) toProve(p Plan, effect, part float64) (spread, left, own float64) {
	d, ok := t.sample.(*stats.Difference)
	if !ok {
		return t.sample.StdDev(), effect, part
	}
	now, then := d.Parts()
	own = sessionShare * part
	return now.StdDev(), effect - halfWidth(then, own*p.share(len(p.Looks)-1)), own
}

// halfWidth of an interval, infinite where it is open or cannot be.
func halfWidth(s stats.Sample, alpha float64) float64 {
	lo, hi, err := interval(s, alpha, alpha)
	if err != nil || lo.Open || hi.Open {
		return math.Inf(1)
	}
	return (hi.Value - lo.Value) / 2
}
