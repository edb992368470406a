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
	fmt.Fprintf(w, "  %s (%s), seed %d, plugin %s %s\n", orDash(d.Name), orDash(d.Kind), r.Session.Seed, r.Metadata.Plugin.Name, r.Metadata.Plugin.Version)
	if d.Simulated {
		fmt.Fprintln(w, "  simulated device: correctness only, its times are not measurements")
	}
	for i := range r.Cases {
		caseResult(w, r, &r.Cases[i], s)
	}
	if slices.ContainsFunc(r.Cases, compared) {
		s.say(w, "  ", "speed compares neighbouring visits, round by round; the times beside it are medians over the session, and drift with the machine")
	}
	for i := range r.Selections {
		selection(w, &r.Selections[i], s)
	}
	for _, f := range r.Findings {
		s.say(w, "  ", "finding%s (%s, %s): %s", inCase(f.Case), f.Kind, f.Certainty, s.bold(f.Summary))
		if f.Kind == "attribution" && f.Certainty == "open" {
			continue // its parts say nothing, and every variant has one
		}
		for line := range strings.Lines(f.Detail) {
			fmt.Fprintf(w, "    %s\n", strings.TrimRight(line, "\n"))
		}
	}
	failures(w, r.Failures, s)
	if p := r.Probe; p != nil && p.Healthy {
		s.say(w, "  ", "device: the %s answers a fresh process and works; the failures cost nothing else", p.Kind)
	} else if p != nil {
		s.say(w, "  ", "device: after the failures the %s does not work in a fresh process either: %s", p.Kind, p.Message)
		s.say(w, "    ", "next: `assay doctor`; a GPU that stays like this wants its driver reset or the machine restarted")
	}
	if r.OutOfBudget() {
		s.say(w, "  ", "the session's budget ended the measuring after %s; the verdict is what is known by then", Count(countedRounds(r), "round"))
	}
	for _, note := range r.Diagnostics {
		s.say(w, "  ", "note: %s", note)
	}
	fmt.Fprintf(w, "  verdict: %s   status: %s\n", s.verdictText(r.Verdict), r.Status)
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

func caseResult(w io.Writer, r *record.Result, c *record.Case, s Style) {
	if len(r.Cases) > 1 || c.ID != "default" {
		text := c.ID
		if v := r.CaseVerdict(c); v != "none" {
			text += ": " + s.verdictText(v)
		}
		s.say(w, "  ", "case %s", text)
	}
	for _, phase := range r.Experiment.Measure.Phases {
		phaseTable(w, r, c, phase, s)
	}
	metricTable(w, r, c, s)
	for _, j := range c.Judgements {
		judgement(w, j, r.OnlyWarns(j.Guardrail), s)
	}
	asserts(w, c, s)
	failedChecks(w, c, s)
	defects(w, c, s)
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
		fmt.Fprintf(w, "    assert %s holds for %s\n", name, Count(held[name], "variant"))
	}
}

func judgement(w io.Writer, j judge.Judgement, warns bool, s Style) {
	name := j.Guardrail
	if warns {
		name += " (only warns)"
	}
	s.say(w, "    ", "%s: %s %s in %s: %s", name, s.verdictText(string(j.Verdict)), j.Variant, j.Of(), j.Reason)
	if j.AcceptedByTradeoff {
		s.say(w, "      ", "accepted by a written trade-off: %s", j.Tradeoff)
	}
	if j.Next != "" && j.Verdict != judge.Pass {
		s.say(w, "      ", "next: %s", j.Next)
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
