package report

import (
	"fmt"
	"io"
	"math"
	"strings"

	"github.com/assay-bench/assay/core/judge"
	"github.com/assay-bench/assay/core/trend"
)

// Trends writes how speeds went from session to session, the last ones of each, 0
// for all, and how quiet the machines were.
func Trends(w io.Writer, trends []*trend.Trend, machines []trend.Quiet, last int, s Style) {
	for _, t := range trends {
		fmt.Fprintln(w)
		s.say(w, "", "%s", s.title(t.Experiment, strings.TrimSpace(inCase(t.Case)+" "+t.Variant+" in "+t.Phase)))
		steps := t.Steps
		if earlier := len(steps) - last; last > 0 && earlier > 0 {
			s.say(w, "  ", "%s", s.dimmed(fmt.Sprintf("%s before these; --last 0 shows all", Count(earlier, "session"))))
			steps = steps[earlier:]
		}
		out := table{right: []bool{false, true, false, true, false, false}}
		out.add(s.dim("  started"), s.dim("speed"), s.dim("95 % interval"), s.dim("rounds"), s.dim("verdict"), s.dim("what changed"))
		for _, x := range steps {
			out.add(plain("  "+x.Started), plain(ratio(x.Ratio.Estimate)), plain(interval(x.Ratio.Lower, x.Ratio.Upper)),
				plain(fmt.Sprint(x.Rounds)), s.verdict(x.Verdict), plain(stepText(x)))
		}
		out.writeWithin(w, "", s)
	}
	if len(machines) == 0 {
		return
	}
	fmt.Fprintf(w, "\n%s\n", s.bold("Noise floors at 95 %"))
	out := table{right: []bool{false, false, true, true, true, true}}
	out.add(s.dim("  machine"), s.dim("phase"), s.dim("sessions"), s.dim("median"), s.dim("least"), s.dim("most"))
	for _, m := range machines {
		out.add(plain("  "+m.Machine), plain(m.Phase), plain(fmt.Sprint(m.Sessions)), plain("±"+judge.Percent(m.Median)), plain("±"+judge.Percent(m.Least)), plain("±"+judge.Percent(m.Most)))
	}
	out.writeWithin(w, "", s)
}

// stepText says what is new in a session.
func stepText(x trend.Step) string {
	var parts []string
	if x.Change != "" {
		text := fmt.Sprintf("%s by %s", x.Change, judge.Percent(math.Abs(x.By)))
		if !x.Confirmed {
			text += ", not confirmed yet"
		}
		parts = append(parts, text)
	}
	if x.Unbelieved != "" {
		parts = append(parts, "not believed: "+x.Unbelieved)
	}
	if x.Begins != "" {
		parts = append(parts, x.Begins+": held against none before")
	}
	if len(x.Differs) > 0 {
		parts = append(parts, "another "+listOf(x.Differs))
	}
	return strings.Join(parts, "; ")
}
