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
	fmt.Fprintf(w, "\n%s  %s\n", s.bold(r.Experiment.Name), r.Experiment.Description)
	if r.Status == record.Skipped {
		fmt.Fprintf(w, "  %s\n", strings.Join(r.Diagnostics, "; "))
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
		fmt.Fprintln(w, "  speed compares neighbouring visits, round by round; the times beside it are medians over the session, and drift with the machine")
	}
	for _, sel := range r.Selections {
		fmt.Fprintf(w, "  select %s%s: %s  %s\n", sel.Name, inCase(sel.Case), orDash(sel.Variant), sel.Reason)
	}
	for _, f := range r.Findings {
		fmt.Fprintf(w, "  finding%s (%s, %s): %s\n", inCase(f.Case), f.Kind, f.Certainty, s.bold(f.Summary))
		for line := range strings.Lines(f.Detail) {
			fmt.Fprintf(w, "    %s\n", strings.TrimRight(line, "\n"))
		}
	}
	failures(w, r.Failures)
	if p := r.Probe; p != nil && p.Healthy {
		fmt.Fprintf(w, "  device: the %s answers a fresh process and works; the failures cost nothing else\n", p.Kind)
	} else if p != nil {
		fmt.Fprintf(w, "  device: after the failures the %s does not work in a fresh process either: %s\n    next: `assay doctor`; a GPU that stays like this wants its driver reset or the machine restarted\n", p.Kind, p.Message)
	}
	for _, note := range r.Diagnostics {
		fmt.Fprintf(w, "  note: %s\n", note)
	}
	v := s.verdict(r.Verdict)
	text := v.text
	if v.paint != nil {
		text = v.paint(text)
	}
	fmt.Fprintf(w, "  verdict: %s   status: %s\n", text, r.Status)
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
		fmt.Fprintf(w, "  case %s\n", c.ID)
	}
	for _, phase := range r.Experiment.Measure.Phases {
		phaseTable(w, r, c, phase, s)
	}
	for _, j := range c.Judgements {
		judgement(w, j, r.OnlyWarns(j.Guardrail), s)
	}
	asserts(w, c)
	for _, v := range c.Variants {
		for _, k := range v.Checks {
			if !k.Passed {
				fmt.Fprintf(w, "    %s check %s failed for %s %s timing: %s\n", k.Kind, k.Name, v.Name, k.When, k.Found())
			}
		}
	}
}

func phaseTable(w io.Writer, r *record.Result, c *record.Case, phase string, s Style) {
	t := table{right: []bool{false, true, true, true, true, true, true, true, false}}
	metrics := metricNames(c)
	head := []cell{s.dim("    " + phase), s.dim("time"), s.dim("rate"), s.dim("device"), s.dim("encode"), s.dim("GB/s"), s.dim("of copy"), s.dim("speed"), s.dim("95 % interval")}
	for _, m := range metrics {
		head, t.right = append(head, s.dim(m)), append(t.right, true)
	}
	t.add(append(head, s.dim("verdict"))...)
	rows := 0
	for _, v := range c.Variants {
		p, ok := v.Phases[phase]
		if !ok {
			if v.Failure != "" {
				t.add(plain("    "+v.Name), plain("not measured"))
				rows++
			}
			continue
		}
		rows++
		speed, bounds := "baseline", ""
		if p.Ratio != nil {
			speed, bounds = ratio(p.Ratio.Estimate), interval(p.Ratio.Lower, p.Ratio.Upper)
		}
		row := []cell{
			plain("    " + v.Name), plain(nanos(p.WallNs.Value)), plain(rate(p.UnitsPerSec, r.Experiment.Units[phase])), plain(nanos(p.DeviceNs)),
			plain(nanos(p.EncodeNs)), plain(gbps(p)), plain(share(p.CopyShare)), plain(speed), plain(bounds),
		}
		for _, m := range metrics {
			text := "–" // none, or none that is a finite number
			if x, ok := v.Metrics[m]; ok {
				text = fmt.Sprintf("%.3g", x)
			}
			row = append(row, plain(text))
		}
		t.add(append(row, verdictIn(c, v, phase, s))...)
	}
	if rows > 0 {
		t.write(w, "")
		controlLine(w, c, phase)
	}
}

func controlLine(w io.Writer, c *record.Case, phase string) {
	for _, k := range c.Controls {
		if k.Phase != phase {
			continue
		}
		floor, at := k.NoiseFloor, "at 95 %"
		for _, j := range c.Judgements { // what decides is stricter than the table's 95 %
			if j.Phase == phase && j.Speed() && j.Control.Estimate != nil {
				floor, at = j.Control.NoiseFloor, "at the level that its verdicts need"
			}
		}
		text := "unknown with so few rounds"
		if floor != nil {
			text = "±" + percent(*floor)
		}
		fmt.Fprintf(w, "      noise floor %s (the baseline against itself, %s, %s)\n", text, Count(k.Rounds, "round"), at)
	}
}

// verdictIn is the worst verdict of a variant in a phase; roles that are not
// judged say what they are.
func verdictIn(c *record.Case, v record.Variant, phase string, s Style) cell {
	if v.Role == record.RoleControl || v.Role == record.RoleProposed {
		return s.dim(v.Role)
	}
	rank := []judge.Verdict{judge.Pass, judge.Inconclusive, judge.Invalid, judge.Fail}
	worst := -1
	win := false
	for _, j := range c.Judgements {
		if j.Variant == v.Name && j.Phase == phase {
			worst, win = max(worst, slices.Index(rank, j.Verdict)), win || j.Win
		}
	}
	if worst < 0 {
		return plain("")
	}
	out := s.verdict(string(rank[worst]))
	if win && rank[worst] == judge.Pass {
		out.text += ", a win"
	}
	return out
}

// asserts tells which conditions failed, and for how many variants each held.
func asserts(w io.Writer, c *record.Case) {
	var names []string
	held := map[string]int{}
	for _, a := range c.Asserts {
		switch {
		case !a.Passed:
			fmt.Fprintf(w, "    assert %s failed for %s: %s\n", a.Name, a.Variant, a.Message)
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
	v := s.verdict(string(j.Verdict))
	text := v.text
	if v.paint != nil {
		text = v.paint(text)
	}
	name := j.Guardrail
	if warns {
		name += " (only warns)"
	}
	fmt.Fprintf(w, "    %s: %s %s in %s: %s\n", name, text, j.Variant, j.Of(), j.Reason)
	if j.AcceptedByTradeoff {
		fmt.Fprintf(w, "      accepted by a written trade-off: %s\n", j.Tradeoff)
	}
	if j.Next != "" && j.Verdict != judge.Pass {
		fmt.Fprintf(w, "      next: %s\n", j.Next)
	}
}

func metricNames(c *record.Case) []string {
	var out []string
	for _, v := range c.Variants {
		for name := range v.Metrics {
			if !slices.Contains(out, name) {
				out = append(out, name)
			}
		}
	}
	slices.Sort(out)
	return out
}

func gbps(p record.PhaseSummary) string {
	if p.GBps <= 0 {
		return "–"
	}
	return digits(p.GBps)
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
