package report

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/assay-bench/assay/core/record"
)

// findings writes each conclusion once, with all cases that it is of. What it rests
// on follows where the reader asks for it.
func findings(w io.Writer, list []record.Finding, s Style) {
	type found struct{ kind, certainty, summary, detail string }
	var order []found
	cases := map[found][]string{}
	for _, f := range list {
		k := found{f.Kind, f.Certainty, f.Summary, f.Detail}
		if cases[k] == nil {
			order = append(order, k)
		}
		cases[k] = append(cases[k], f.Case)
	}
	for _, k := range order {
		s.say(w, "  ", "finding%s (%s, %s): %s", inCases(cases[k]), k.kind, k.certainty, s.bold(k.summary))
		if s.Details {
			for line := range strings.Lines(k.detail) {
				s.say(w, "    ", "%s", strings.TrimRight(line, "\n"))
			}
		}
	}
	if !s.Details && slices.ContainsFunc(list, func(f record.Finding) bool { return f.Detail != "" }) {
		s.say(w, "    ", "%s", s.dimmed("`assay show --details` with this document prints what the findings rest on"))
	}
}

func inCases(ids []string) string {
	if len(ids) > 1 {
		return fmt.Sprintf(" in %d cases", len(ids))
	}
	return inCase(ids[0])
}
