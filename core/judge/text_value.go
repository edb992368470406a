package judge

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// The sentences about absolute bounds, and about what is judged as it is.

func ruleValue(p Plan, t test, j Judgement) string {
	s := fmt.Sprintf("pass when the interval of %s lies within its %s, fail when it lies outside; else inconclusive. One value a round; the control has no part in it",
		t.quantity(), demand(*j.Bound))
	if t.sides() == 2 {
		s += "; a fail is possible on two sides, so that each has half the error"
	}
	return s + ". " + errorText(p, j, "sign-test")
}

func ruleAsIs(t test) string {
	values := "the values are exact"
	if !t.g.Exact {
		values = fmt.Sprintf("the %s of all values is known, whatever the noise", t.g.Statistic)
	}
	if t.g.Absolute() {
		least, most, unit := t.g.bounds()
		return fmt.Sprintf("pass when %s lies within its %s, fail when it lies outside. Judged as it is: %s, so that no rounds are added for it, it takes no share of the error and has no noise floor",
			t.quantity(), demand(Bound{least, most, unit}), values)
	}
	return fmt.Sprintf("pass when the ratio is above %.6g (min_ratio %g less the margin of %s) or at least %g, else fail. Judged as it is: %s, so that no rounds are added for it, it takes no share of the error and has no noise floor",
		t.g.MinRatio*(1-t.g.Margin), t.g.MinRatio, Percent(t.g.Margin), t.g.MinRatio, values)
}

// quantity is what an absolute bound is on.
func (t test) quantity() string {
	switch {
	case t.g.MinRate != nil && t.g.Single():
		return fmt.Sprintf("the rate of %s at the %s of single iterations", t.g.Phase, t.g.Statistic)
	case t.g.MinRate != nil:
		return "the rate of " + t.g.Phase
	case t.g.MaxTime != 0 && t.g.Single():
		return fmt.Sprintf("the %s of %s's single iterations", t.g.Statistic, t.g.Phase)
	case t.g.MaxTime != 0:
		return "the time per iteration of " + t.g.Phase
	}
	return t.g.Of()
}

// demand says what the bounds are: min of 3 and max of 5 B.
func demand(b Bound) string {
	var parts []string
	if b.Min != nil {
		parts = append(parts, "min of "+Amount(*b.Min, b.Unit))
	}
	if b.Max != nil {
		parts = append(parts, "max of "+Amount(*b.Max, b.Unit))
	}
	return strings.Join(parts, " and ")
}

func reasonValue(t test, j Judgement) string {
	switch {
	case t.unusable():
		return "no verdict can come from this case: " + t.c.Unusable.Reason
	case t.nothing():
		return t.missing()
	}
	s := fmt.Sprintf("%s of %s is %s: ", t.quantity(), named(t.arm.Name), j.Bound.around(j))
	switch {
	case j.Verdict == Pass:
		return s + "within the " + demand(*j.Bound)
	case j.Verdict == Fail:
		return s + "outside the " + demand(*j.Bound)
	case j.Lower == nil || j.Upper == nil:
		return s + tooFewRounds(j.Rounds)
	}
	return s + "the interval reaches over the " + demand(*j.Bound)
}

func reasonAsIs(t test, j Judgement) string {
	switch {
	case t.unusable():
		return "no verdict can come from this case: " + t.c.Unusable.Reason
	case t.nothing():
		return t.missing()
	}
	s := fmt.Sprintf("%s is %s as good as the baseline in %s", named(t.arm.Name), seenRatio(j), t.g.Of())
	if t.g.Against != "" {
		s = fmt.Sprintf("%s of %s is %s as good as in the stored baseline %q", t.g.Of(), named(t.arm.Name), seenRatio(j), t.g.Against)
	}
	limit := fmt.Sprintf("margin of %s below %g×", Percent(t.g.Margin), t.g.MinRatio)
	if t.g.Absolute() {
		s = fmt.Sprintf("%s of %s is %s", t.quantity(), named(t.arm.Name), seen(j))
		limit = demand(*j.Bound)
	}
	switch j.Verdict {
	case Pass:
		if j.Win {
			return s + ": better " + t.reference()
		}
		return s + ", within the " + limit
	case Fail:
		return s + ", outside the " + limit
	}
	return s + ", in some rounds within the " + limit + " and in others not"
}

// seen is a value, or the least and the most where they differ.
func seen(j Judgement) string {
	if *j.Lower == *j.Upper {
		return j.Bound.amount(*j.Estimate)
	}
	return fmt.Sprintf("%s to %s", j.Bound.amount(*j.Lower), j.Bound.amount(*j.Upper))
}

func seenRatio(j Judgement) string {
	if *j.Lower == *j.Upper {
		return speed(*j.Estimate)
	}
	return fmt.Sprintf("%s to %s", speed(*j.Lower), speed(*j.Upper))
}

func nextAsIs(t test) string {
	if t.g.Absolute() {
		return fmt.Sprintf("say which value counts: statistic = %q or %q", Least, Most)
	}
	return "the metric is declared exact and hangs on the inputs of a round: bound the value itself, with statistic = \"min\" or \"max\""
}

func nextValue(p Plan, t test, j Judgement) string {
	e := *j.Estimate
	gap := math.Inf(1)
	for _, b := range []*float64{j.Bound.Min, j.Bound.Max} {
		if b != nil {
			gap = math.Min(gap, math.Abs(e-*b))
		}
	}
	n, ok := p.maxRoundsFor(t.sample.StdDev(), gap, 1/t.sides())
	n += n / 2 // the sign test needs 3/2 of what the signed-rank test does, for normal values
	if n = max(n, j.Rounds*3/2); ok && n <= roundsWorthAdvising {
		return measureAgain(n)
	}
	return fmt.Sprintf("the value lies too near its bound for more rounds to settle it: %s, or move the bound", quiet)
}

// Amount writes a value with its unit; times and bytes in the multiple that people
// read.
func Amount(x float64, unit string) string {
	scale := func(step float64, units ...string) string {
		i := 0
		for ; i+1 < len(units) && math.Abs(x) >= step; i++ {
			x /= step
		}
		return strings.TrimSpace(digits(x) + " " + units[i])
	}
	switch unit {
	case "s":
		return Amount(x*1e9, "ns")
	case "ns":
		return scale(1000, "ns", "µs", "ms", "s")
	case "B":
		return scale(1024, "B", "KiB", "MiB", "GiB", "TiB")
	}
	if strings.HasSuffix(unit, "/s") && math.Abs(x) >= grouped {
		return scale(1000, unit, "k "+unit, "M "+unit, "G "+unit, "T "+unit)
	}
	return strings.TrimSpace(digits(x) + " " + unit)
}

// grouped is where the digits of whole numbers stand in threes.
const grouped = 1e5

// digits writes four significant ones, and whole numbers without an exponent:
// 1,240,933,430.
func digits(x float64) string {
	a := math.Abs(x)
	if a < 1e4 || a >= 1e15 {
		return fmt.Sprintf("%.4g", x)
	}
	s := fmt.Sprintf("%.0f", x)
	if a < grouped {
		return s
	}
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// amount writes a value in full where its short form would be that of a bound
// which it is not.
func (b *Bound) amount(x float64) string {
	short := Amount(x, b.Unit)
	for _, limit := range []*float64{b.Min, b.Max} {
		if limit != nil && *limit != x && Amount(*limit, b.Unit) == short {
			return strings.TrimSpace(strconv.FormatFloat(x, 'f', -1, 64) + " " + b.Unit)
		}
	}
	return short
}

// around is a value with its interval, where that reads as anything but the value.
func (b *Bound) around(j Judgement) string {
	value := b.amount(*j.Estimate)
	if bounds := b.between(j.Lower, j.Upper); bounds != value+" to "+value {
		return value + " (" + bounds + ")"
	}
	return value
}

func (b *Bound) between(lo, hi *float64) string {
	switch {
	case lo == nil && hi == nil:
		return "no bounds"
	case lo == nil:
		return "at most " + b.amount(*hi)
	case hi == nil:
		return "at least " + b.amount(*lo)
	}
	return b.amount(*lo) + " to " + b.amount(*hi)
}
