package report

import (
	"fmt"
	"strings"

	"github.com/assay-bench/assay/core/judge"
	"github.com/assay-bench/assay/core/record"
)

// Verdict is the verdict of an experiment in a sentence: what it comes from, and
// why.
func Verdict(r *record.Result) string {
	if r.Status == record.Skipped {
		return "skipped: " + strings.Join(r.Diagnostics, "; ")
	}
	if d := r.Decided(); d != nil {
		return fmt.Sprintf("%s by %s: %s", r.Verdict, DecidedBy(d), d.Reason)
	}
	judged, wins := 0, 0
	var best *judge.Judgement // of all wins the first, else of one judgement that one
	for i := range r.Cases {
		c := &r.Cases[i]
		judged += len(c.Judgements) + len(c.Asserts)
		for k := range c.Judgements {
			j := &c.Judgements[k]
			if j.Win && j.Verdict == judge.Pass {
				wins++
			}
			if best == nil || j.Win && !best.Win {
				best = j
			}
		}
	}
	if judged == 0 {
		return r.Verdict + ": no guardrail and no assert was asked"
	}
	text := fmt.Sprintf("%s: %s", r.Verdict, Count(judged, "judgement"))
	for _, more := range []struct {
		n    int
		noun string
	}{{wins, "win"}, {warnings(r), "warning"}} {
		if more.n > 0 {
			text += ", " + Count(more.n, more.noun)
		}
	}
	if best != nil && (wins > 0 || judged == 1) {
		text += ": " + best.Reason
	}
	return text
}

// DecidedBy names the judgement, assert or check that a verdict comes from.
func DecidedBy(d *record.Decided) string {
	text := d.Kind + " " + d.Name
	if d.Kind == record.ByCheck {
		text += " of " + d.Variant
	}
	if d.Case != "" && d.Case != "default" {
		text += " in case " + d.Case
	}
	return text
}
