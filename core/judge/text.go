package judge

import (
	"fmt"
	"math"
	"strings"

	"github.com/assay-bench/assay/core/stats"
)

// explain writes the rule, the reason and the next step of a judgement.
func explain(p Plan, t test, j *Judgement) {
	j.Rule = ruleText(p, t, *j)
	j.Reason = reasonText(t, *j)
	j.Next = nextText(p, t, *j)
}

func ruleText(p Plan, t test, j Judgement) string {
	line := fmt.Sprintf("%.6g", math.Exp(t.g.passLine()))
	s := fmt.Sprintf("pass when the lower bound of the speed is above %s (min_ratio %g less the margin of %s); "+
		"fail when the upper bound is below %g and the estimate at most %s; with a noise floor above the margin, and at a fifth of the error, pass when the lower bound is above %g and fail when the upper one is below %s; else inconclusive. "+
		"Exact signed-rank bounds, one-sided %s for the experiment; look %d of %d spends %.3g of %.3g; Holm over %d %s",
		line, t.g.MinRatio, percent(t.g.Margin), t.g.MinRatio, line, t.g.MinRatio, line,
		percent(p.Confidence), j.Look, j.Looks, p.Looks[t.look].Alpha, 1-p.Confidence, p.Claims, plural(p.Claims, "claim"))
	if t.control.bias > 0 && t.trouble == sound {
		s += fmt.Sprintf("; the control's bias of up to %s widens the interval", percent(math.Expm1(t.control.bias)))
	}
	return s
}

func reasonText(t test, j Judgement) string {
	switch {
	case t.c.Unusable != "":
		return "no verdict can come from this case: " + t.c.Unusable
	case t.sample == nil:
		return fmt.Sprintf("no round of %s has a time for phase %q", named(t.arm.Name), t.g.Phase)
	case t.trouble == noControl:
		return "no control was measured, so the noise of this machine is not known"
	case t.trouble == biased:
		return fmt.Sprintf("the control is the baseline again, yet it measured %s of the baseline's speed (%s): something in the set-up favours one arm, by too much for a margin of %s",
			speed(*t.control.Estimate), between(t.control.Lower, t.control.Upper), percent(t.g.Margin))
	case t.trouble == tooFew:
		return fmt.Sprintf("%d rounds of the control are too few for any bound at the level needed", t.control.Rounds)
	case t.trouble == noisy && j.Verdict == Invalid:
		return fmt.Sprintf("noise floor %s, margin %s: this machine cannot answer this question today (for what it is worth, %s measured %s of the baseline's speed)",
			percent(*t.control.NoiseFloor), percent(t.g.Margin), named(t.arm.Name), speed(*j.Estimate))
	}
	loss := "a loss"
	if t.g.MinRatio != 1 {
		loss = fmt.Sprintf("a speed below the %g× asked for", t.g.MinRatio)
	}
	s := fmt.Sprintf("%s runs at %s of the baseline's speed (%s): ", named(t.arm.Name), speed(*j.Estimate), between(j.Lower, j.Upper))
	switch {
	case j.Verdict == Pass && t.trouble == noisy:
		return s + fmt.Sprintf("a speed above %g× is proven, although the noise floor of %s is above the margin of %s",
			t.g.MinRatio, percent(*t.control.NoiseFloor), percent(t.g.Margin))
	case j.Verdict == Pass && j.Win:
		return s + "faster than the baseline, and proven so"
	case j.Verdict == Pass && j.Upper != nil && *j.Upper < t.g.MinRatio:
		return s + fmt.Sprintf("%s is proven, but one inside the margin of %s", loss, percent(t.g.Margin))
	case j.Verdict == Pass && t.g.MinRatio == 1:
		return s + fmt.Sprintf("a loss of %s or more is ruled out", percent(t.g.Margin))
	case j.Verdict == Pass:
		return s + fmt.Sprintf("a speed of %s or less is ruled out", speed(math.Exp(t.g.passLine())))
	case t.trouble == noisy:
		return s + fmt.Sprintf("a loss beyond the margin of %s is proven, although the noise floor of %s is above it",
			percent(t.g.Margin), percent(*t.control.NoiseFloor))
	case j.Verdict == Fail:
		return s + fmt.Sprintf("%s is proven, and the estimate is at or beyond the margin of %s", loss, percent(t.g.Margin))
	case j.Lower == nil || j.Upper == nil:
		return s + fmt.Sprintf("%d rounds are too few for a bound at the level needed", j.Rounds)
	}
	return s + fmt.Sprintf("neither a speed above %s nor %s at or beyond the margin is proven", speed(math.Exp(t.g.passLine())), loss)
}

const quiet = "close other programs, plug in, let the machine cool down and run again"

func nextText(p Plan, t test, j Judgement) string {
	switch {
	case t.c.Unusable != "":
		return "measure on a device whose times count"
	case j.Verdict == Pass:
		return "nothing to do"
	case j.Verdict == Fail:
		return nextAfterFail(t, j)
	case t.sample == nil || t.trouble == noControl:
		return "see the failures of this case, then run again"
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
		return fmt.Sprintf("revert %s, or accept the loss in writing: tradeoff %q { reason = \"…\" }", named(t.arm.Name), t.g.Name)
	case t.g.OnFail == OnFailWarn:
		return "a warning only; look into the loss before relying on " + named(t.arm.Name)
	}
	return "revert or speed up " + named(t.arm.Name)
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
		why = "the speed lies too near the edge of the margin for more rounds to settle it"
	}
	return fmt.Sprintf("%s: %s, or widen the margin to %s", why, quiet, widen(1-*j.Lower/t.g.MinRatio))
}

// widen rounds a needed margin up to the next tenth of a percent.
func widen(x float64) string { return percent(math.Ceil(x*1000+1e-9) / 1000) }

func speed(ratio float64) string { return fmt.Sprintf("%.4f×", ratio) }

// percent writes a fraction with up to two significant digits below 10 %.
func percent(x float64) string {
	switch p := 100 * math.Abs(x); {
	case p == 0 || p >= 9.95:
		return trim(fmt.Sprintf("%.1f", 100*x)) + " %"
	case p >= 0.095:
		return trim(fmt.Sprintf("%.2f", 100*x)) + " %"
	default:
		return fmt.Sprintf("%.2g %%", 100*x)
	}
}

func trim(s string) string { return strings.TrimSuffix(strings.TrimRight(s, "0"), ".") }

func between(lo, hi *float64) string {
	switch {
	case lo == nil && hi == nil:
		return "no bounds"
	case lo == nil:
		return "at most " + speed(*hi)
	case hi == nil:
		return "at least " + speed(*lo)
	}
	return speed(*lo) + " to " + speed(*hi)
}

func named(variant string) string {
	if variant == "" {
		return "the variant"
	}
	return fmt.Sprintf("%q", variant)
}

func plural(n int, word string) string {
	if n == 1 {
		return word
	}
	return word + "s"
}
