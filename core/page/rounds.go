package page

import (
	"fmt"
	"math"

	"gonum.org/v1/plot/plotter"

	"github.com/assay-bench/assay/core/record"
	"github.com/assay-bench/assay/core/rejudge"
	"github.com/assay-bench/assay/core/report"
)

// drawn is how many rounds a chart and its table have at most, evenly spread.
const drawn = 240

// spread says how far apart those are that are drawn.
func spread(n int) int { return max(1, (n+drawn-1)/drawn) }

// leftOut says so of rounds that a chart does not have.
func leftOut(n int) string {
	if every := spread(n); every > 1 {
		return fmt.Sprintf(" One of %d rounds is shown; the result document has all %d.", every, n)
	}
	return ""
}

// rounds shows a variant and the control beside the baseline in every round that
// counts. Nil: there is none.
func rounds(r *record.Result, c *record.Case, v *record.Variant, phase string) *figure {
	all := rejudge.PerRound(c, v.Name, phase)
	if len(all) == 0 {
		return nil
	}
	base := roleOf(c, record.RoleBaseline)
	p := newPlot()
	p.X.Label.Text = "round"
	grid(p, false, true)
	var ends span
	ends.hold(1)
	ends.hold(passLines(r, c, phase)...)
	var own, control plotter.XYs
	last := 0.0
	t := table{Caption: fmt.Sprintf("Speed of %s in %s%s by round, against %s", v.Name, phase, in(c), base), Head: []string{"round", v.Name, "control"}}
	for i := 0; i < len(all); i += spread(len(all)) {
		x := all[i]
		at := float64(x.Index)
		last = math.Max(last, at)
		row := []string{fmt.Sprint(x.Index), speed(x.Variant), speed(x.Control)}
		if known(x.Variant) {
			own = append(own, plotter.XY{X: at, Y: x.Variant})
			ends.hold(x.Variant)
		}
		if known(x.Control) {
			control = append(control, plotter.XY{X: at, Y: x.Control})
			ends.hold(x.Control)
		}
		t.Rows = append(t.Rows, row)
	}
	ends.set(&p.Y)
	p.X.Min, p.X.Max, p.X.Tick.Marker = 0.5, last+0.5, steps{most: 8, least: 1}
	horizontal(p, 1, p.X.Min, p.X.Max, muted, false)
	for _, y := range passLines(r, c, phase) {
		horizontal(p, y, p.X.Min, p.X.Max, bad, true)
	}
	for _, x := range all[:min(len(all), drawn)] {
		if spread(len(all)) == 1 && known(x.Variant) && known(x.Control) {
			at := float64(x.Index)
			p.Add(unranged{stroke(plotter.XYs{{X: at, Y: x.Control}, {X: at, Y: x.Variant}}, faint, 1, false)})
		}
	}
	points(p, control, muted, true)
	points(p, own, accent, false)
	label := fmt.Sprintf("Speed of %s and of the control against %s in %s%s, %s.", v.Name, base, phase, in(c), report.Count(len(all), "round"))
	return &figure{
		Title:  fmt.Sprintf("%s in %s, round by round", v.Name, phase),
		Note:   "Each round has processes of its own. The control is the baseline again: it shows how far a difference of nothing strays." + leftOut(len(all)),
		Keys:   []key{keyOf(accent, "●", v.Name), keyOf(muted, "○", "control")},
		Panels: []panel{svg(200, label, p)},
		Table:  t,
	}
}

// known says that a round has a speed that a chart has room for.
func known(x float64) bool { return x > 0 && x <= most }

func speed(x float64) string {
	if x <= 0 {
		return "–"
	}
	return report.Ratio(x)
}
