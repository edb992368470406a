package page

import (
	"fmt"
	"strings"

	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/assay-bench/assay/core/report"
)

// sweep draws curves of speeds over one number.
func sweep(title, swept string, curves []*curve, notes []string) *figure {
	p := newPlot()
	p.X.Label.Text = short(swept)
	grid(p, false, true)
	var across, up span
	up.hold(1)
	for _, one := range curves {
		for _, q := range one.points {
			across.hold(q.x)
			up.hold(q.ratio.Estimate)
			up.holdBounds(q.ratio.Lower, q.ratio.Upper)
		}
	}
	across.set(&p.X)
	up.set(&p.Y)
	horizontal(p, 1, p.X.Min, p.X.Max, muted, false)
	f := &figure{Title: title, Table: table{Caption: title, Head: []string{swept, "arm", "case", "speed", "95 % interval", "rounds"}}}
	ringed := false
	for i, one := range curves {
		c := seriesOf(i)
		if len(curves) == 1 {
			c = accent
		}
		var line, around plotter.XYs
		for _, q := range one.points {
			at := plotter.XY{X: within(&p.X, q.x), Y: within(&p.Y, q.ratio.Estimate)}
			line = append(line, at)
			if q.ratio.Lower != nil || q.ratio.Upper != nil {
				p.Add(upright(p.Y.Min/2, p.Y.Max*2, at, q, c))
			}
			if q.chosen {
				around = append(around, at)
			}
			f.Table.Rows = append(f.Table.Rows, []string{
				fmt.Sprintf("%.6g", q.x), q.name, q.id, report.Ratio(q.ratio.Estimate), report.Interval(q.ratio.Lower, q.ratio.Upper), fmt.Sprint(q.rounds),
			})
		}
		p.Add(unranged{stroke(line, c, 1.5, false)})
		points(p, line, c, false)
		if len(around) > 0 {
			ringed = true
			p.Add(unranged{&plotter.Scatter{XYs: around, GlyphStyle: draw.GlyphStyle{Color: ink, Radius: 8, Shape: draw.RingGlyph{}}}})
		}
		if one.name != "" {
			f.Keys = append(f.Keys, keyOf(c, "●", one.name))
		}
	}
	f.Keys = append(f.Keys, keyOf(muted, "─", "the baseline's speed"))
	if ringed {
		f.Keys = append(f.Keys, keyOf(ink, "◯", "chosen by a select block"))
	}
	f.Note, f.Said = "Bars are intervals at 95 %.", notes
	f.Panels = []panel{svg(220, title+": "+tells(curves), p)}
	return f
}

// upright is a vertical interval.
func upright(least, greatest float64, at plotter.XY, q point, c colour) unranged {
	lo, hi := least, greatest
	if q.ratio.Lower != nil {
		lo = *q.ratio.Lower
	}
	if q.ratio.Upper != nil {
		hi = *q.ratio.Upper
	}
	b := &plotter.YErrorBars{XYs: plotter.XYs{at}, YErrors: plotter.YErrors{{Low: at.Y - lo, High: hi - at.Y}}, CapWidth: 5}
	b.LineStyle = draw.LineStyle{Color: c, Width: vg.Length(1)}
	return unranged{b}
}

// tells says in words how the curves go.
func tells(curves []*curve) string {
	var parts []string
	for _, one := range curves {
		first, last := one.points[0], one.points[len(one.points)-1]
		text := fmt.Sprintf("%s at %.6g, %s at %.6g", report.Ratio(first.ratio.Estimate), first.x, report.Ratio(last.ratio.Estimate), last.x)
		if one.name != "" {
			text = one.name + " " + text
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, "; ") + "."
}
