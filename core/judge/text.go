package judge

import (
	"fmt"
	"math"
	"strings"
)

// explain writes the rule, the reason and the next step of a judgement.
func explain(p Plan, t test, j *Judgement) {
	switch {
	case t.g.AsIs():
		j.Rule, j.Reason = ruleAsIs(t), reasonAsIs(t, *j)
	case t.g.Absolute():
		j.Rule, j.Reason = ruleValue(p, t, *j), reasonValue(t, *j)
	default:
		j.Rule, j.Reason = ruleText(p, t, *j), reasonText(p, t, *j)
	}
	if t.arm.Ended != nil && !t.nothing() && j.Verdict != Pass && j.Verdict != Fail {
		j.Reason += "; no more rounds came: " + t.arm.Ended.Reason
	}
	j.Next = nextStep(p, t, *j)
}

func ruleText(p Plan, t test, j Judgement) string {
	line := fmt.Sprintf("%.6g", math.Exp(t.g.passLine()))
	of, method := "the "+t.noun(), "signed-rank"
	if t.g.Against != "" {
		of = fmt.Sprintf("this session's %s as a ratio to that of the stored baseline %q", t.noun(), t.g.Against)
		if t.arm.Beside == "" {
			method = "sign-test"
		}
	}
	s := fmt.Sprintf("pass when the lower bound of %s is above %s (min_ratio %g less the margin of %s); "+
		"fail when the upper bound is below %g and the estimate at most %s; with a noise floor above the margin, and at a fifth of the error, pass when the lower bound is above %g and fail when the upper one is below %s; else inconclusive. "+
		"%s%s",
		of, line, t.g.MinRatio, Percent(t.g.Margin), t.g.MinRatio, line, t.g.MinRatio, line, t.winText(), errorText(p, j, method))
	if t.g.Against != "" {
		s += "; each session has half of it"
	}
	switch {
	case t.trouble == biased:
		s += fmt.Sprintf("; the control's bias of up to %s is above half the margin: %d times as much widens the interval, and only proofs at a fifth of the error count", Percent(math.Expm1(t.control.bias)), biasFactor)
	case t.control.bias > 0 && t.trouble == sound:
		s += fmt.Sprintf("; the control's bias of up to %s widens the interval", Percent(math.Expm1(t.control.bias)))
	}
	return s
}

func (t test) winText() string {
	if t.g.MinGain == 0 {
		return ""
	}
	return fmt.Sprintf("A win when the lower bound is above 1 and the estimate at least %.6g. ", 1+t.g.MinGain)
}

// errorText says how the error is shared.
func errorText(p Plan, j Judgement, test string) string {
	return fmt.Sprintf("Exact %s bounds, one-sided %s for the experiment; look %d of %d spends %.3g of %.3g; Holm over %d %s",
		test, Percent(p.Confidence), j.Look, j.Looks, p.Looks[j.Look-1].Alpha, 1-p.Confidence, p.Claims, plural(p.Claims, "claim"))
}

// noun is what a ratio is of: a phase's speed, or a metric.
func (t test) noun() string {
	if t.g.Metric != "" {
		return "ratio"
	}
	return "speed"
}

// measured says how a variant stands to the baseline.
func (t test) measured(j Judgement) string {
	switch {
	case t.g.Against != "":
		return t.measuredAgain(j)
	case t.g.Metric != "":
		return fmt.Sprintf("%s is %s as good as the baseline in %s", named(t.arm.Name), speed(*j.Estimate), t.g.Of())
	case t.g.Single():
		return fmt.Sprintf("%s runs at %s of the baseline's speed by the %s of single iterations", named(t.arm.Name), speed(*j.Estimate), t.g.Statistic)
	}
	return fmt.Sprintf("%s runs at %s of the baseline's speed", named(t.arm.Name), speed(*j.Estimate))
}

// measuredAgain says how a variant stands to a stored session.
func (t test) measuredAgain(j Judgement) string {
	beside := fmt.Sprintf("both against %q", t.arm.Beside)
	if t.arm.Beside == "" {
		beside = "by the values themselves: no arm is in both sessions, and what drifted between them is in no interval"
	}
	return fmt.Sprintf("%s of %s is %s as good as in the stored baseline %q (%s)", t.g.Of(), named(t.arm.Name), speed(*j.Estimate), t.g.Against, beside)
}

// reference is what a ratio is against.
func (t test) reference() string {
	if t.g.Against != "" {
		return fmt.Sprintf("than in the stored baseline %q", t.g.Against)
	}
	return "than the baseline"
}

// missing says why there is nothing to judge.
func (t test) missing() string {
	switch {
	case t.arm.Lacks != nil:
		return t.arm.Lacks.Reason
	case t.c.Interrupted:
		return fmt.Sprintf("the session ended before a round of %s was complete", named(t.arm.Name))
	case t.g.Metric != "":
		return fmt.Sprintf("no round of %s has a value of %q", named(t.arm.Name), t.g.Metric)
	}
	return fmt.Sprintf("no round of %s has a time for phase %q", named(t.arm.Name), t.g.Phase)
}

func reasonText(p Plan, t test, j Judgement) string {
	switch {
	case t.unusable():
		return "no verdict can come from this case: " + t.c.Unusable.Reason
	case t.nothing():
		return t.missing()
	case (t.trouble == noControl || t.trouble == tooFew) && t.lost != nil:
		return "the noise of this machine is not known: " + t.lost.Reason
	case t.trouble == biased && j.Verdict == Invalid && t.g.Against != "":
		return fmt.Sprintf("the controls of the two sessions, each its baseline again, differ by %s (%s): something in one set-up favours one arm, by too much for a margin of %s",
			speed(*t.control.Estimate), between(t.control.Lower, t.control.Upper), Percent(t.g.Margin))
	case t.trouble == biased && j.Verdict == Invalid:
		return t.control.fault(biased, "the baseline's "+t.noun()) + ", by too much for a margin of " + Percent(t.g.Margin)
	case t.trouble == tooFew && t.storedTooFew(p):
		return fmt.Sprintf("the %d rounds of the stored baseline %q are too few for any bound at the level needed", t.storedRounds(), t.g.Against)
	case t.trouble == noControl, t.trouble == tooFew:
		return t.control.fault(t.trouble, "")
	case t.trouble == noisy && j.Verdict == Invalid:
		return fmt.Sprintf("noise floor %s, margin %s: this machine cannot answer this question today (for what it is worth, %s)",
			t.noiseFloor(), Percent(t.g.Margin), t.inPassing(j))
	}
	loss := "a loss"
	if t.g.MinRatio != 1 {
		loss = fmt.Sprintf("a %s below the %g× asked for", t.noun(), t.g.MinRatio)
	}
	s := fmt.Sprintf("%s (%s): ", t.measured(j), between(j.Lower, j.Upper))
	switch {
	case j.Verdict == Pass && t.trouble != sound:
		return s + fmt.Sprintf("a %s above %g× is proven, although %s", t.noun(), t.g.MinRatio, t.doubt())
	case j.Verdict == Pass && j.Win:
		return s + t.better() + " " + t.reference() + ", and proven so"
	case j.Verdict == Pass && j.Lower != nil && *j.Lower > 1 && t.g.MinRatio <= 1 && t.g.MinGain == t.g.Margin && t.g.MinGain > 0:
		return s + t.better() + " by less than the margin of " + Percent(t.g.Margin) + ", which is too little for a win"
	case j.Verdict == Pass && j.Lower != nil && *j.Lower > 1 && t.g.MinRatio <= 1 && t.g.MinGain > 0:
		return s + t.better() + " by less than the min_gain of " + Percent(t.g.MinGain) + ", which is too little for a win"
	case j.Verdict == Pass && j.Upper != nil && *j.Upper < t.g.MinRatio:
		return s + fmt.Sprintf("%s is proven, but one inside the margin of %s", loss, Percent(t.g.Margin))
	case j.Verdict == Pass && t.g.MinRatio == 1:
		return s + fmt.Sprintf("a loss of %s or more is ruled out", Percent(t.g.Margin))
	case j.Verdict == Pass:
		return s + fmt.Sprintf("a %s of %s or less is ruled out", t.noun(), speed(math.Exp(t.g.passLine())))
	case j.Verdict == Fail && t.trouble != sound:
		return s + fmt.Sprintf("a loss beyond the margin of %s is proven, although %s", Percent(t.g.Margin), t.doubt())
	case j.Verdict == Fail:
		return s + fmt.Sprintf("%s is proven, and the estimate is at or beyond the margin of %s", loss, Percent(t.g.Margin))
	case (j.Lower == nil || j.Upper == nil) && t.storedTooFew(p):
		return s + fmt.Sprintf("the %d rounds of the stored baseline are too few for a bound at the level needed", t.storedRounds())
	case j.Lower == nil || j.Upper == nil:
		return s + tooFewRounds(j.Rounds)
	}
	return s + fmt.Sprintf("neither a %s above %s nor %s at or beyond the margin is proven", t.noun(), speed(math.Exp(t.g.passLine())), loss)
}

// inPassing is an estimate beside which there is no verdict.
func (t test) inPassing(j Judgement) string {
	if t.g.Speed() {
		return fmt.Sprintf("%s measured %s of the baseline's speed", named(t.arm.Name), speed(*j.Estimate))
	}
	return t.measured(j)
}

func (t test) better() string {
	if t.g.Metric != "" {
		return "better"
	}
	return "faster"
}

// doubt is what a verdict stands beside.
func (t test) doubt() string {
	switch {
	case t.trouble == biased && t.g.Against != "":
		return fmt.Sprintf("the controls of the two sessions differ by %s (%s), and %d times that bias is charged",
			speed(*t.control.Estimate), between(t.control.Lower, t.control.Upper), biasFactor)
	case t.trouble == biased:
		return fmt.Sprintf("the control, the baseline again, measured %s of its %s (%s), and %d times that bias is charged",
			speed(*t.control.Estimate), t.noun(), between(t.control.Lower, t.control.Upper), biasFactor)
	}
	return fmt.Sprintf("the noise floor of %s is above the margin of %s", t.noiseFloor(), Percent(t.g.Margin))
}

// noiseFloor has the digits that tell it from the margin that it exceeds.
func (t test) noiseFloor() string {
	floor := *t.control.NoiseFloor
	if short := Percent(floor); short != Percent(t.g.Margin) {
		return short
	}
	return fmt.Sprintf("%.6g %%", 100*floor)
}

// widen rounds a needed margin up to the next tenth of a percent.
func widen(x float64) string { return Percent(math.Ceil(x*1000+1e-9) / 1000) }

func speed(ratio float64) string { return fmt.Sprintf("%.4f×", ratio) }

// Percent writes a fraction in percent, never with an exponent above 1: one decimal
// from 10 % on, two below, two significant digits below 0.1 %.
func Percent(x float64) string {
	switch p := 100 * math.Abs(x); {
	case p == 0 || p >= 9.95:
		return trim(fmt.Sprintf("%.1f", 100*x)) + " %"
	case p >= 0.0995:
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

func tooFewRounds(n int) string {
	return fmt.Sprintf("%d %s %s too few for a bound at the level needed", n, plural(n, "round"), isOrAre(n))
}

func isOrAre(n int) string {
	if n == 1 {
		return "is"
	}
	return "are"
}

func plural(n int, word string) string {
	if n == 1 {
		return word
	}
	return word + "s"
}
