package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/assay-bench/assay/core/judge"
	"github.com/assay-bench/assay/core/record"
)

// explainAsserts writes how the answers of a case come from its rounds, and where
// the document says something else.
func explainAsserts(w io.Writer, r *record.Result, c *record.Case, stored []record.AssertResult, s Style) {
	for _, a := range c.Asserts {
		at := inCase(c.ID)
		if len(a.Cases) > 0 {
			at = " over " + strings.Join(a.Cases, ", ")
		}
		fmt.Fprintf(w, "\n  %s%s, assert %s: %s\n", s.bold(a.Variant), at, a.Name, s.verdictText(string(a.Answer())))
		for _, asked := range r.Experiment.Asserts {
			if asked.Name == a.Name {
				field(w, s, "    ", "asks     ", strings.Join(strings.Fields(asked.Condition), " "))
			}
		}
		for _, n := range a.Numbers {
			text := n.String()
			if n.Alpha > 0 {
				text += fmt.Sprintf(", each bound at a level of %s", judge.Percent(n.Alpha))
			}
			field(w, s, "    ", "number   ", text)
		}
		if a.Message != "" {
			field(w, s, "    ", "reason   ", a.Message)
		}
		for _, o := range stored {
			if o.Name == a.Name && o.Variant == a.Variant && o.Answer() != a.Answer() {
				s.say(w, "    ", "%s", s.alarm(fmt.Sprintf("does not follow: the document says %s", o.Answer())))
			}
		}
	}
}

// asserted counts the answers that were judged again.
func asserted(r *record.Result) (n int) {
	if len(r.Experiment.Asserts) == 0 {
		return 0
	}
	for i := range r.Cases {
		for _, a := range r.Cases[i].Asserts {
			if a.Verdict != judge.Verdict("") {
				n++
			}
		}
	}
	return n
}
