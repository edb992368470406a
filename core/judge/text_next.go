package judge

import (
	"fmt"
	"math"

	"github.com/assay-bench/assay/core/stats"
)

const quiet = "close other programs, plug in, let the machine cool down and run again"

func nextText(p Plan, t test, j Judgement) string {
	switch {
	case t.unusable():
		return "measure on a device whose times count"
	case t.arm.Lacks != nil:
		return t.arm.Lacks.Next
	case j.Verdict == Pass:
		return "nothing to do"
	case j.Verdict == Fail:
		return nextAfterFail(t, j)
	case t.nothing() || t.trouble == noControl:
		return t.afterNothing()
	case !j.Final:
		return nextLookText(p, t)
	case t.trouble == biased && t.control.halfWidth > t.g.logMargin(): // perhaps by chance
		return nextAfterNoise(t) + "; if the control is off again, with another seed, report it to the plugin's author"
	case t.trouble == biased:
		return "run again with another seed; if it comes back, report it to the plugin's author: two copies of one configuration should cost the same"
	case t.trouble == tooFew:
		return "raise rounds and max_rounds in the measure block"
	case t.trouble == noisy:
		return nextAfterNoise(t)
	}
	return settle(t, j)
}

func nextAfterFail(t test, j Judgement) string {
	switch {
	case j.AcceptedByTradeoff:
		return "nothing to do: accepted by the written trade-off: " + j.Tradeoff
	case t.g.OnFail == OnFailTradeoff:
		if o, accepts, found := t.g.tradeoff(j); found && !accepts {
			return fmt.Sprintf("revert %s, or raise the trade-off's max_loss of %s: the rounds do not rule out a larger loss%s", named(t.arm.Name), percent(*o.MaxLoss), atLeast(j.Lower))
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
		return "see the failures of this case, or whether the plugin reports the metric with this configuration and on this device"
	}
	return "see the failures of this case, then run again"
}

// nextLookText is for a plan that is not used up. The session goes on by itself
// unless its budget or a crash ended it.
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

func nextAfterNoise(t test) string {
	more := math.Ceil(float64(t.control.Rounds) * math.Pow(t.control.halfWidth/t.g.logMargin(), 2))
	if more <= roundsWorthAdvising {
		return fmt.Sprintf("%s, or plan at least %.0f rounds (max_rounds = %.0f), or widen the margin to %s",
			quiet, more, more, widen(*t.control.NoiseFloor))
	}
	return fmt.Sprintf("%s, or widen the margin to %s; more rounds alone would not do (about %.0f)", quiet, widen(*t.control.NoiseFloor), more)
}

// roundsWorthAdvising is where advice stops being "add rounds".
const roundsWorthAdvising = 200

// settle advises on a verdict that is inconclusive with the plan used up.
func settle(t test, j Judgement) string {
	e := t.sample.Estimate()
	gap := e - t.g.passLine() - t.control.bias // what a pass must prove
	if gap <= 0 {
		gap = t.g.failLine() - t.control.bias - e // what a fail must prove
	}
	if gap > 0 {
		n, err := stats.RoundsNeeded(t.sample.StdDev(), gap, math.Min(j.AlphaPass, j.AlphaFail), planPower)
		if n = max(n, j.Rounds*3/2); err == nil && n <= roundsWorthAdvising {
			return fmt.Sprintf("measure again with max_rounds = %d in the measure block (a new session: these rounds do not count in it)", n)
		}
	}
	if j.Lower == nil {
		return "raise rounds and max_rounds in the measure block"
	}
	why := fmt.Sprintf("the rounds of %s spread too much for more of them to settle it", named(t.arm.Name))
	if gap < t.g.logMargin()/2 {
		why = "the " + t.noun() + " lies too near the edge of the margin for more rounds to settle it"
	}
	return fmt.Sprintf("%s: %s, or widen the margin to %s", why, quiet, widen(1-*j.Lower/t.g.MinRatio))
}
