package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/assay-bench/assay/core/plan"
)

// Plan writes what a run would do.
func Plan(w io.Writer, p *plan.Plan, s Style) {
	for _, e := range p.Experiments {
		s.say(w, "", "%s", s.title(e.Name, e.Description))
		s.say(w, "  ", "plugin %s on %s, phases %s, visits of %v", e.Plugin, e.Device, strings.Join(e.Phases, " and "), e.Visit)
		s.say(w, "  ", "%s, up to %d within %s, to %s", Count(e.Rounds, "round"), e.MaxRounds, clock(e.Budget), e.Output)
		for _, r := range e.Races {
			s.say(w, "  ", "select %s: up to %d finalists run %s more", r.Select, r.Finalists, Count(r.Rounds, "round"))
		}
		if len(e.DependsOn) > 0 {
			s.say(w, "  ", "after %s", strings.Join(e.DependsOn, ", "))
		}
		if e.Conditional {
			s.say(w, "  ", "only if its `when` is true by then")
		}
		programs(w, &e, s)
		t := table{right: []bool{false, true, true, true, true, false}}
		t.add(s.dim("case"), s.dim("visits/round"), s.dim("round"), s.dim("estimate"), s.dim("with max_rounds"), s.dim("variants"))
		for _, c := range e.Cases {
			t.add(plain(c.ID), plain(fmt.Sprint(c.VisitsPerRound)), plain(nanos(float64(c.Round))), plain(clock(c.Estimate)), plain(clock(c.Maximum)),
				plain(variants(c)))
		}
		t.writeWithin(w, "  ", s)
		for _, n := range e.Notes {
			s.say(w, "  ", "note: %s", n)
		}
		detections(w, &e, s)
		fmt.Fprintln(w)
	}
	more := ""
	if p.Maximum > p.Estimate {
		more = fmt.Sprintf(", about %s if every look asks for more rounds", clock(p.Maximum))
	}
	s.say(w, "", "%s, about %s%s%s", Count(len(p.Experiments), "experiment"), clock(p.Estimate), more, basis(p))
}

// variants lists a case's variants, the baseline marked.
func variants(c plan.Case) string {
	var out []string
	for _, v := range c.Variants {
		if v == c.Baseline {
			v += " (baseline)"
		}
		out = append(out, v)
	}
	return strings.Join(out, ", ")
}
