package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/assay-bench/assay/core/judge"
	"github.com/assay-bench/assay/core/record"
)

// selection writes what a select block chose in a case.
func selection(w io.Writer, s *record.Selection, style Style) {
	style.say(w, "  ", "select %s%s: %s  %s", s.Name, inCase(s.Case), style.bold(chosen(s)), s.Reason)
	for _, l := range s.LeftOut {
		style.say(w, "    ", "without %s: %s", l.Variant, l.Reason)
	}
}

func chosen(s *record.Selection) string {
	switch {
	case s.Outcome == record.OutcomeTie && s.Variant != "":
		return s.Variant + " (tie)"
	case s.Variant != "":
		return s.Variant
	case s.Outcome == record.OutcomeTie:
		return "tie"
	}
	return "none"
}

// explainSelection writes how a selection comes from the rounds.
func explainSelection(w io.Writer, r *record.Result, s *record.Selection, style Style) {
	aim := ""
	for _, in := range r.Experiment.Selects {
		if in.Name == s.Name {
			aim = ", " + in.Aim + " " + oneLine(in.Of)
		}
	}
	style.say(w, "  ", "select %s%s%s: %s", style.bold(s.Name), inCase(s.Case), aim, style.bold(chosen(s)))
	for i := range r.Cases {
		c := &r.Cases[i]
		if x := c.RaceOf(s.Name); x != nil && c.ID == s.Case {
			field(w, style, "    ", "race     ", x.Reason)
		}
	}
	if s.Alpha > 0 {
		field(w, style, "    ", "rule     ", fmt.Sprintf("a winner is proven better than each of the others; exact signed-rank bounds, one-sided, each at a level of %s, over %s", judge.Percent(s.Alpha), Count(s.Rounds, "round")))
	}
	for _, f := range s.Finalists {
		explainFinalist(w, s, f, style)
	}
	for _, l := range s.LeftOut {
		field(w, style, "    ", "without  ", l.Variant+": "+l.Reason)
	}
	field(w, style, "    ", "reason   ", s.Reason)
}

func explainFinalist(w io.Writer, s *record.Selection, f record.Finalist, style Style) {
	text := "no value"
	if f.Estimate != nil {
		text = fmt.Sprintf("%.6g", *f.Estimate)
	}
	switch a := f.Against; {
	case a == nil && s.Alpha > 0 && f.Estimate != nil && !f.Behind:
		text += ", the best"
	case a != nil && s.Scale == "ratio":
		text += fmt.Sprintf("; %s of the best, bounds %s", ratio4(&a.Estimate), bounds4(a.Lower, a.Upper))
	case a != nil:
		text += fmt.Sprintf("; %+.6g beside the best, bounds %s", a.Estimate, bounds4(a.Lower, a.Upper))
	}
	if f.Behind {
		text += ": behind"
	}
	style.say(w, "    ", "%s  %s", f.Variant, text)
}

// oneLine keeps an expression of several lines on one.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
