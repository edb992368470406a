package attribution

import (
	"fmt"
	"math"
	"strings"
)

// Summary is the conclusion in one sentence; path and base are their names.
func (a Attribution) Summary(path, base string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s runs at %s of %s's speed", path, a.Ratio.text("%.3f×", 1), base)
	switch {
	case a.Bound != "":
		fmt.Fprintf(&b, " and is %s-bound (%.1f %% of its wall time)", a.Bound, 100*a.part(a.Bound).Share.Estimate)
	default:
		b.WriteString("; what bounds it cannot be told")
	}
	what := "loss"
	if a.Delta.Estimate < 0 {
		what = "gain"
	}
	switch {
	case a.Delta.Open:
		fmt.Fprintf(&b, "; %d rounds are too few to say where the difference lies", a.Rounds)
	case !a.Delta.Excludes(0) || !a.Ratio.Excludes(1):
		b.WriteString("; no difference in time can be told")
	case a.Cause == "":
		fmt.Fprintf(&b, "; where the %s of %s lies cannot be told", what, duration(math.Abs(a.Delta.Estimate)))
	default:
		fmt.Fprintf(&b, "; the %s of %s is %s time (%s)", what,
			duration(math.Abs(a.Delta.Estimate)), a.Cause, a.part(a.Cause).Delta.duration())
	}
	return b.String()
}

// Detail has a line per part.
func (a Attribution) Detail() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d rounds, %.0f %% intervals (Hodges-Lehmann, exact signed rank)", a.Rounds, 100*a.Confidence)
	for _, p := range a.Parts {
		fmt.Fprintf(&b, "\n%-8s %s of wall, difference %s", p.Part, p.Share.text("%.1f %%", 100), p.Delta.duration())
	}
	return b.String()
}

func (a Attribution) part(p Part) Estimates {
	for _, e := range a.Parts {
		if e.Part == p {
			return e
		}
	}
	return Estimates{}
}

// text is "0.93× [0.92×, 0.94×]", or the estimate alone without an interval.
func (i Interval) text(format string, scale float64) string {
	est := fmt.Sprintf(format, i.Estimate*scale)
	if i.Open {
		return est
	}
	return fmt.Sprintf("%s ["+format+", "+format+"]", est, i.Lower*scale, i.Upper*scale)
}

func (i Interval) duration() string {
	if i.Open {
		return duration(i.Estimate)
	}
	return fmt.Sprintf("%s [%s, %s]", duration(i.Estimate), duration(i.Lower), duration(i.Upper))
}

// duration of nanoseconds with a unit that suits its size.
func duration(ns float64) string {
	switch a := math.Abs(ns); {
	case a >= 1e6:
		return fmt.Sprintf("%.2f ms", ns/1e6)
	case a >= 1e3:
		return fmt.Sprintf("%.1f µs", ns/1e3)
	}
	return fmt.Sprintf("%.0f ns", ns)
}
