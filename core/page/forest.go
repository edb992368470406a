package page

import (
	"fmt"
	"slices"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"

	"github.com/assay-bench/assay/core/judge"
	"github.com/assay-bench/assay/core/record"
	"github.com/assay-bench/assay/core/report"
)

// arm is a line of a forest plot.
type arm struct {
	name    string
	role    string
	rounds  int
	ratio   record.Ratio
	judged  *judge.Judgement // of its speed; nil: no guardrail asks
	verdict string
	colour  colour
}

// forest shows how fast the arms of a case are in a phase beside the baseline. Nil:
// none has a speed.
func forest(r *record.Result, c *record.Case, phase string) *figure {
	arms := armsOf(c, phase)
	if len(arms) == 0 {
		return nil
	}
	lines := passLines(r, c, phase)
	p := newPlot()
	p.X.Label.Text = "speed, times the baseline's"
	grid(p, true, false)
	var ends span
	ends.hold(1)
	ends.hold(lines...)
	for _, a := range arms {
		ends.hold(a.ratio.Estimate)
		ends.holdBounds(a.ratio.Lower, a.ratio.Upper)
		if a.judged != nil {
			ends.holdBounds(a.judged.Lower, a.judged.Upper)
		}
	}
	ends.set(&p.X)
	bottom, top := -0.6, float64(len(arms))-0.4
	vertical(p, 1, bottom, top, muted, false)
	for _, x := range lines {
		vertical(p, x, bottom, top, bad, true)
	}
	names := make([]plot.Tick, len(arms))
	for i, a := range arms {
		y := float64(len(arms) - 1 - i)
		names[i] = plot.Tick{Value: y, Label: short(a.name) + "\n" + report.Ratio(a.ratio.Estimate) + " " + a.verdict}
		if a.judged != nil {
			whisker(p, a.ratio.Estimate, y, a.judged.Lower, a.judged.Upper, a.colour, 1, 7)
		}
		whisker(p, a.ratio.Estimate, y, a.ratio.Lower, a.ratio.Upper, a.colour, 3, 0)
		points(p, plotter.XYs{{X: within(&p.X, a.ratio.Estimate), Y: y}}, a.colour, a.role == record.RoleControl)
	}
	p.Y.Tick.Marker, p.Y.Tick.Length = plot.ConstantTicks(names), 0
	p.Y.LineStyle.Width = 0
	p.Y.Min, p.Y.Max = bottom, top
	f := &figure{
		Title: "Speed in " + phase,
		Note:  "Thick: the interval at 95 %. Thin: the bounds at the stricter level that a verdict needs. A line that runs off the edge has no bound there yet, and a point alone has no interval.",
		Keys:  []key{keyOf(muted, "│", "the baseline's speed")},
		Table: forestTable(c, phase, arms),
	}
	for _, x := range lines {
		f.Keys = append(f.Keys, keyOf(bad, "┆", fmt.Sprintf("%.4g, which a pass must exceed", x)))
	}
	label := fmt.Sprintf("Forest plot of speeds in %s%s. %s", phase, in(c), armsSaid(arms))
	f.Panels = []panel{svg(52+38*float64(len(arms)), label, p)}
	return f
}

// armsOf are those with a speed, in the order of the document.
func armsOf(c *record.Case, phase string) (out []arm) {
	for _, v := range c.Variants {
		s, ok := v.Phases[phase]
		if !ok || s.Ratio == nil || !(s.Ratio.Estimate > 0) {
			continue
		}
		a := arm{name: v.Name, role: v.Role, rounds: s.Rounds, ratio: *s.Ratio, colour: accent}
		switch v.Role {
		case record.RoleControl:
			a.colour = control
		case record.RoleProposed:
			a.verdict = record.RoleProposed
		}
		for i := range c.Judgements {
			if j := &c.Judgements[i]; j.Variant == v.Name && j.Phase == phase && j.Speed() && (a.judged == nil || j.Verdict != judge.Pass) {
				a.judged, a.verdict, a.colour = j, verdictOf(j), verdictColour(j.Verdict)
			}
		}
		out = append(out, a)
	}
	return out
}

func verdictOf(j *judge.Judgement) string {
	if j.Win && j.Verdict == judge.Pass {
		return "pass, win"
	}
	return string(j.Verdict)
}

func verdictColour(v judge.Verdict) colour {
	switch v {
	case judge.Pass:
		return good
	case judge.Fail:
		return bad
	case judge.Inconclusive:
		return warn
	}
	return odd
}

// passLines are the speeds that guardrails ask of a phase in a case.
func passLines(r *record.Result, c *record.Case, phase string) (out []float64) {
	for _, g := range r.Experiment.Guardrails {
		x := g.MinRatio * (1 - g.Margin)
		if g.Phase == phase && g.Speed() && !g.Absolute() && g.Against == "" && g.Asks(c.ID) && x > 0 && !slices.Contains(out, x) {
			out = append(out, x)
		}
	}
	slices.Sort(out)
	return out
}

// armsSaid is what a forest plot shows, in words.
func armsSaid(arms []arm) string {
	const most = 6
	var parts []string
	for i, a := range arms {
		if i == most {
			parts = append(parts, fmt.Sprintf("and %d more", len(arms)-most))
			break
		}
		text := fmt.Sprintf("%s %s, interval %s", a.name, report.Ratio(a.ratio.Estimate), report.Interval(a.ratio.Lower, a.ratio.Upper))
		if a.judged != nil {
			text += ", " + a.verdict
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, "; ") + "."
}

func forestTable(c *record.Case, phase string, arms []arm) table {
	t := table{Caption: "Speeds in " + phase + in(c) + ", against the baseline", Head: []string{"arm", "speed", "95 % interval", "bounds of the verdict", "rounds", "verdict"}}
	for _, a := range arms {
		bounds := ""
		if a.judged != nil {
			bounds = report.Interval(a.judged.Lower, a.judged.Upper)
		}
		t.Rows = append(t.Rows, []string{a.name, report.Ratio(a.ratio.Estimate), report.Interval(a.ratio.Lower, a.ratio.Upper), bounds, fmt.Sprint(a.rounds), a.verdict})
	}
	t.dropEmpty()
	return t
}
