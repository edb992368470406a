package judge

import (
	"fmt"
	"math"
	"strings"
)

const quiet = "close other programs, plug in, let the machine cool down and run again"

const resume = "`assay resume` goes on with the session"

// nextStep says what to do about a judgement. The cases that all questions share
// come first.
func nextStep(p Plan, t test, j Judgement) string {
	switch {
	case t.unusable():
		return t.c.Unusable.Next
	case t.arm.Lacks != nil:
		return t.arm.Lacks.Next
	case j.Verdict == Pass:
		return "nothing to do"
	case j.Verdict == Fail:
		return nextAfterFail(t, j)
	case (t.nothing() || !j.Final) && t.c.Interrupted:
		return resume
	case (t.trouble == noControl || t.trouble == tooFew) && t.lost != nil:
		return t.lost.Next
	case t.arm.Ended != nil:
		return t.arm.Ended.Next
	case t.nothing() || t.trouble == noControl:
		return t.afterNothing()
	case t.g.AsIs():
		return nextAsIs(t)
	case t.storedTooFew(p):
		return t.measureStored(p)
	case !j.Final:
		return nextLookText(p, t)
	case t.g.Absolute():
		return nextValue(p, t, j)
	}
	return nextRatio(p, t, j)
}

// nextRatio is for a ratio whose plan is used up without a verdict.
func nextRatio(p Plan, t test, j Judgement) string {
	switch {
	case t.trouble == biased && t.g.Against != "":
		return "run again with another seed; if it comes back, measure the stored baseline again too: something in the set-up of one session favours one arm"
	case t.trouble == biased && t.control.halfWidth > t.g.logMargin(): // perhaps by chance
		return nextAfterNoise(p, t) + "; if the control is off again, with another seed, report it to the plugin's author"
	case t.trouble == biased:
		return "run again with another seed; if it comes back, report it to the plugin's author: two copies of one configuration should cost the same"
	case t.trouble == tooFew:
		return "raise rounds and max_rounds in the measure block"
	case t.trouble == noisy:
		return nextAfterNoise(p, t)
	}
	return settle(p, t, j)
}

func nextAfterFail(t test, j Judgement) string {
	switch {
	case j.AcceptedByTradeoff:
		return "nothing to do: accepted by the written trade-off: " + j.Tradeoff
	case t.g.OnFail == OnFailTradeoff:
		if o, accepts, found := t.g.tradeoff(j); found && !accepts {
			return fmt.Sprintf("revert %s, or raise the trade-off's max_loss of %s: the rounds do not rule out a larger loss%s", named(t.arm.Name), Percent(*o.MaxLoss), atLeast(j.Lower))
		}
		return fmt.Sprintf("revert %s, or accept the loss in writing: tradeoff %q { reason = \"…\" }", named(t.arm.Name), t.g.Name)
	case t.g.OnFail == OnFailWarn:
		return "a warning only; look into the loss before relying on " + named(t.arm.Name)
	}
	if t.g.Metric != "" {
		return "revert or improve " + named(t.arm.Name)
	}
	return "revert or speed up " + named(t.arm.Name)
}

func atLeast(lower *float64) string {
	if lower == nil {
		return ""
	}
	return ", their lower bound being " + speed(*lower)
}

// afterNothing is what to do without a value to judge.
func (t test) afterNothing() string {
	if t.g.Metric != "" {
		return "look whether the plugin reports the metric with this configuration and on this device"
	}
	return "run again; if it comes back, report it to the plugin's author"
}

// nextLookText is for a plan that is not used up. The session goes on by itself
// unless its budget or a failure ended the case.
func nextLookText(p Plan, t test) string {
	rounds := t.c.rounds()
	look, ok := p.NextLook(rounds)
	if at := p.Looks[t.look].Rounds; rounds < at {
		look.Rounds, ok = at, true
	}
	if !ok {
		return "run again"
	}
	return fmt.Sprintf("add %d %s: the next planned look is at %d; if the session has ended, run again, with a larger budget if that ended it",
		look.Rounds-rounds, plural(look.Rounds-rounds, "round"), look.Rounds)
}

// nextAfterNoise advises on more rounds where they would do: for a proof beside a
// noisy control, if the effect is as large as it was measured, or for a noise
// floor within the margin.
func nextAfterNoise(p Plan, t test) string {
	ways := []string{quiet}
	calm := t.control.calm(t.g)
	proof, provable := p.maxRoundsFor(t.toProve(p, t.effectBesideNoise(), doubtShare))
	proof = max(proof, t.control.rounds*3/2)
	switch {
	case provable && float64(proof) < calm && proof <= roundsWorthAdvising:
		ways = append(ways, fmt.Sprintf("measure again with max_rounds = %d in the measure block (a %s this large can be proven beside a noisy control, which takes a fifth of the error)", proof, t.direction()))
	case calm <= roundsWorthAdvising:
		ways = append(ways, fmt.Sprintf("plan at least %.0f rounds (max_rounds = %.0f)", calm, calm))
	}
	if t.g.Against != "" {
		ways = append(ways, fmt.Sprintf("measure the stored baseline %q again with more rounds than its %d", t.g.Against, t.storedRounds()))
	}
	ways = append(ways, "widen the margin to "+widen(*t.control.NoiseFloor))
	text := strings.Join(ways, ", or ")
	if len(ways) == 2 && !math.IsInf(calm, 0) {
		text += fmt.Sprintf("; more rounds alone would not do: about %.0f would be needed", calm)
	}
	return text
}

// effectBesideNoise is by how much the estimate lies beyond what a verdict beside
// a noisy or a biased control must exceed, in log-ratios; 0 or less: not at all.
func (t test) effectBesideNoise() float64 {
	e := t.sample.Estimate()
	return math.Max(e-t.g.failLine(), t.g.passLine()-e) - t.charge()
}

func (t test) direction() string {
	if t.sample.Estimate() > 0 {
		return "gain"
	}
	return "loss"
}

// settle advises on a verdict that is inconclusive with the plan used up.
func settle(p Plan, t test, j Judgement) string {
	e := t.sample.Estimate()
	gap := e - t.g.passLine() - t.control.bias // what a pass must prove
	if gap <= 0 {
		gap = t.g.failLine() - t.control.bias - e // what a fail must prove
	}
	spread, left, part := t.toProve(p, gap, 1)
	if n, ok := p.maxRoundsFor(spread, left, part); ok && max(n, j.Rounds*3/2) <= roundsWorthAdvising {
		return measureAgain(max(n, j.Rounds*3/2))
	}
	if j.Lower == nil {
		return "raise rounds and max_rounds in the measure block"
	}
	if gap > 0 && left <= 0 {
		return fmt.Sprintf("the %d rounds of the stored baseline leave more open than any number of rounds now could settle: measure %q again with more of them, or widen the margin to %s",
			t.storedRounds(), t.g.Against, widen(1-*j.Lower/t.g.MinRatio))
	}
	why := fmt.Sprintf("the rounds of %s spread too much for more of them to settle it", named(t.arm.Name))
	if gap < t.g.logMargin()/2 {
		why = "the " + t.noun() + " lies too near the edge of the margin for more rounds to settle it"
	}
	return fmt.Sprintf("%s: %s, or widen the margin to %s", why, quiet, widen(1-*j.Lower/t.g.MinRatio))
}

func measureAgain(rounds int) string {
	return fmt.Sprintf("measure again with max_rounds = %d in the measure block (a new session: these rounds do not count in it)", rounds)
}
