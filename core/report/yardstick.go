package report

import (
	"fmt"
	"io"

	"github.com/assay-bench/assay/core/record"
)

// yardstickOf names what the bandwidths of a case are held against in a phase:
// "" where nothing is, and the general word where variants differ.
func yardstickOf(c *record.Case, phase string) string {
	name := ""
	for _, v := range c.Variants {
		switch s := v.Phases[phase].Share; {
		case s == nil:
		case name == "" || name == s.Yardstick:
			name = s.Yardstick
		default:
			return "yardstick"
		}
	}
	return name
}

// gbps is the bandwidth of the bytes that a variant declares, unless they cannot
// have been moved.
func gbps(p record.PhaseSummary) string {
	if p.GBps <= 0 || impossible(p) {
		return "–"
	}
	return digits(p.GBps)
}

func impossible(p record.PhaseSummary) bool { return p.Share != nil && p.Share.Impossible }

// shareText is a share of a yardstick with its interval.
func shareText(p record.PhaseSummary) string {
	s := p.Share
	if s == nil || s.Impossible {
		return "–"
	}
	return shareWithin(s)
}

func shareWithin(s *record.Share) string {
	if s.Lower == nil && s.Upper == nil {
		return fmt.Sprintf("%.0f %%", 100*s.Share)
	}
	return fmt.Sprintf("%.0f %% [%s, %s]", 100*s.Share, wholePercent(s.Lower), wholePercent(s.Upper))
}

func wholePercent(x *float64) string {
	if x == nil {
		return "–"
	}
	return fmt.Sprintf("%.0f", 100**x)
}

// yardstickLines say what the yardsticks were, and which variants are beyond
// theirs.
func yardstickLines(w io.Writer, c *record.Case, phase string, out Style) {
	said := map[string]bool{}
	for _, v := range c.Variants {
		if s := v.Phases[phase].Share; s != nil && !said[s.Yardstick] {
			said[s.Yardstick] = true
			out.say(w, "      ", "%s: %s GB/s between the visits (%s)", s.Yardstick, digits(s.GBps), yardstickWords[s.Yardstick])
		}
	}
	for _, v := range c.Variants {
		if p := v.Phases[phase]; impossible(p) {
			out.say(w, "      ", "%s: the %d bytes per iteration that it declares cannot have been moved from memory: they make %s GB/s, %s of %s. Its inputs stay in a cache, or the count is wrong",
				v.Name, p.Bytes, digits(p.GBps), shareWithin(p.Share), p.Share.Yardstick)
		}
	}
}

var yardstickWords = map[string]string{
	record.Stream: "memory read by the threads that the variants have",
	record.Copy:   "memory read and as much written by the threads that the variants have",
}
