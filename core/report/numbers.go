package report

import "github.com/assay-bench/assay/core/record"

// Numbers as tables write them, so that other views of a document have the same.

// Nanos is a time.
func Nanos(ns float64) string { return nanos(ns) }

// Ratio is a speed against the baseline's.
func Ratio(x float64) string { return ratio(x) }

// Interval is the bounds of a ratio.
func Interval(lo, hi *float64) string { return interval(lo, hi) }

// Rate is what a phase produces in a second.
func Rate(perSecond float64, unit string) string { return rate(perSecond, unit) }

// Bandwidth of a variant in GB/s, and what share of its yardstick it is.
func Bandwidth(p record.PhaseSummary) (gbPerSecond, share string) { return gbps(p), shareText(p) }

// TimePerUnit is a time of an iteration for each unit of it.
func TimePerUnit(ns float64, p record.PhaseSummary) string { return perUnit(ns, p) }

// UnitOf is what an iteration of a phase produces.
func UnitOf(r *record.Result, c *record.Case, phase string) string { return unitsOf(r, c, phase).unit }

// VerdictIn is the worst verdict of a variant in a phase.
func VerdictIn(c *record.Case, v *record.Variant, phase string) string {
	return verdictIn(c, *v, phase, Style{}).text
}

// Chosen is the answer of a select block.
func Chosen(s *record.Selection) string { return chosen(s) }
