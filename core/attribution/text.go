package attribution

import (
	"fmt"
	"math"
	"strings"
)

// Summary is the conclusion in one sentence; path and base are their names. It has
// no speed: that of a variant stands in its phase, and is estimated from neighbouring
// passes, not from whole rounds as here.
func (a Attribution) Summary(path, base string) string {
	var b strings.Builder
	switch {
	case a.Bound != "":
		fmt.Fprintf(&b, "%s is %s-bound (%.1f %% of its wall time)", path, a.Bound, 100*a.part(a.Bound).Share.Estimate)
	default:
		fmt.Fprintf(&b, "what bounds %s cannot be told", path)
	}
	what := "loss"
	if a.Delta.Estimate < 0 {
		what = "gain"
	}
	switch {
	case a.Delta.Open:
		fmt.Fprintf(&b, "; %d rounds are too few to say where the difference from %s lies", a.Rounds, base)
	case !a.Delta.Excludes(0) || !a.Ratio.Excludes(1):
		fmt.Fprintf(&b, "; no difference in time from %s can be told", base)
	case a.Cause == "":
		fmt.Fprintf(&b, "; where the %s of %s against %s lies cannot be told", what, duration(math.Abs(a.Delta.Estimate)), base)
	default:
		fmt.Fprintf(&b, "; the %s of %s against %s is %s time (%s)", what,
			duration(math.Abs(a.Delta.Estimate)), base, a.Cause, a.part(a.Cause).Delta.duration())
	}
	return b.String()
}

// Detail has a line per part.
func (a Attribution) Detail() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d whole rounds, %.0f %% intervals (Hodges-Lehmann, exact signed rank), speed by these %s", a.Rounds, 100*a.Confidence, a.Ratio.text("%.3f×", 1))
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
