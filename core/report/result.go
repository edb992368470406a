package report

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/assay-bench/assay/core/judge"
	"github.com/assay-bench/assay/core/record"
)

// Result writes one experiment's result for a person.
func Result(w io.Writer, r *record.Result, s Style) {
	fmt.Fprintln(w)
	s.say(w, "", "%s", s.title(r.Experiment.Name, r.Experiment.Description))
	if r.Status == record.Skipped {
		s.say(w, "  ", "%s", strings.Join(r.Diagnostics, "; "))
		return
	}
	d := r.Metadata.Device
	s.say(w, "  ", "%s (%s), seed %d, plugin %s %s", orDash(d.Name), orDash(d.Kind), r.Session.Seed, r.Metadata.Plugin.Name, r.Metadata.Plugin.Version)
	if d.Simulated {
		s.say(w, "  ", "%s", SimulatedText)
	}
	said, left := newJudgements(r), lack{}
	for i := range r.Cases {
		left.add(caseResult(w, r, &r.Cases[i], said, s))
	}
	if slices.ContainsFunc(r.Cases, compared) {
		s.say(w, "  ", "speed compares neighbouring visits, round by round; times are medians over the session and include its drift, so that their ratio may differ from it%s", verdictBounds(r))
	}
	if len(left.heads) > 0 {
		slices.Sort(left.heads)
		s.say(w, "  ", "%s", s.dimmed(fmt.Sprintf("left out of %d columns: %s; COLUMNS=%d before the command shows all", s.Width, listOf(left.heads), left.width)))
	}
	for i := range r.Selections {
		selection(w, &r.Selections[i], s)
	}
	failures(w, r.Failures, s)
	if probe, next := ProbeText(r.Probe); probe != "" {
		s.say(w, "  ", "%s", probe)
		if next != "" {
			s.say(w, "    ", "next: %s", next)
		}
	}
	if text := BudgetText(r); text != "" {
		s.say(w, "  ", "%s", text)
	}
	s.say(w, "  ", "verdict: %s   status: %s", s.verdictText(r.Verdict), r.Status)
	if by := decidedBy(r); by != "" {
		s.say(w, "    ", "decided by %s", by)
	}
	findings(w, r.Findings, s)
	for _, note := range r.Diagnostics {
		s.say(w, "  ", "note: %s", note)
	}
}

// verdictBounds says why a verdict's interval is not the table's.
func verdictBounds(r *record.Result) string {
	for i := range r.Cases {
		for _, j := range r.Cases[i].Judgements {
			if j.Speed() && (j.Lower != nil || j.Upper != nil) {
				return "; the interval of a verdict is at the level that the experiment's claims need together, and wider than that of 95 %"
			}
		}
	}
	return ""
}

// SimulatedText says what a simulated device's times are.
const SimulatedText = "simulated device: correctness only, its times are not measurements"

// ProbeText says how the device was after failures, and what to do; empty: nobody
// asked.
func ProbeText(p *record.Probe) (text, next string) {
	switch {
	case p == nil:
		return "", ""
	case p.Healthy:
		return fmt.Sprintf("device: the %s answers a fresh process and works; the failures cost nothing else", p.Kind), ""
	}
	return fmt.Sprintf("device: after the failures the %s does not work in a fresh process either: %s", p.Kind, p.Message),
		"`assay doctor`; a GPU that stays like this wants its driver reset or the machine restarted"
}

// BudgetText says that the budget ended the measuring; empty: it did not.
func BudgetText(r *record.Result) string {
	if !r.OutOfBudget() {
		return ""
	}
	return fmt.Sprintf("the session's budget ended the measuring after %s; the verdict is what is known by then", Count(countedRounds(r), "round"))
}

// compared says that a variant of the case has a speed.
func compared(c record.Case) bool {
	return slices.ContainsFunc(c.Variants, func(v record.Variant) bool {
		for _, p := range v.Phases {
			if p.Ratio != nil {
				return true
			}
		}
		return false
	})
}

// caseResult writes a case, and returns the columns that had no room.
func caseResult(w io.Writer, r *record.Result, c *record.Case, said *judgements, s Style) (left lack) {
	if len(r.Cases) > 1 || c.ID != "default" {
		text := c.ID
		if v := r.CaseVerdict(c); v != "none" {
			text += ": " + s.verdictText(v)
		}
		s.say(w, "  ", "case %s", text)
	}
	for _, phase := range r.Experiment.Measure.Phases {
		left.add(phaseTable(w, r, c, phase, s))
	}
	metricTable(w, r, c, s)
	said.write(w, c, s)
	asserts(w, c, s)
	failedChecks(w, c, s)
	defects(w, c, s)
	return left
}

// asserts tells which conditions do not hold, or may not, and for how many
// variants each holds.
func asserts(w io.Writer, c *record.Case, s Style) {
	var names []string
	held := map[string]int{}
	for _, a := range c.Asserts {
		switch {
		case a.Answer() == judge.Fail:
			s.say(w, "    ", "assert %s failed for %s: %s", a.Name, a.Variant, a.Message)
		case !a.Passed:
			s.say(w, "    ", "assert %s is %s for %s: %s", a.Name, a.Answer(), a.Variant, a.Message)
		case held[a.Name] == 0:
			names = append(names, a.Name)
			fallthrough
		default:
			held[a.Name]++
		}
	}
	for _, name := range names {
		s.say(w, "    ", "assert %s holds for %s", name, Count(held[name], "variant"))
	}
}

func inCase(id string) string {
	if id == "" || id == "default" {
		return ""
	}
	return " " + id
}

func orDash(s string) string {
	if s == "" {
		return "–"
	}
	return s
}

func countedRounds(r *record.Result) (n int) {
	for i := range r.Cases {
		for k := range r.Cases[i].Rounds {
			if r.Cases[i].Rounds[k].Counted {
				n++
			}
		}
	}
	return n
}
