package page

import (
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// whisker adds a horizontal interval around x. A side without a bound runs off the
// axis; with none on either side nothing is known, and nothing drawn.
func whisker(p *plot.Plot, x, y float64, lower, upper *float64, c colour, thick, caps float64) {
	if lower == nil && upper == nil {
		return
	}
	lo, hi := p.X.Min/2, p.X.Max*2
	if lower != nil {
		lo = *lower
	}
	if upper != nil {
		hi = *upper
	}
	x = within(&p.X, x)
	p.Add(bars(plotter.XYs{{X: x, Y: y}}, plotter.XErrors{{Low: x - lo, High: hi - x}}, c, thick, caps))
}

func bars(at plotter.XYs, errs plotter.XErrors, c colour, thick, caps float64) plot.Plotter {
	b := &plotter.XErrorBars{XYs: at, XErrors: errs, CapWidth: vg.Length(caps)}
	b.LineStyle = draw.LineStyle{Color: c, Width: vg.Length(thick)}
	return unranged{b}
}

// points adds points to a plot, hollow ones of a control and of rounds that do not
// count.
func points(p *plot.Plot, at plotter.XYs, c colour, hollow bool) {
	radius := 4.0
	if len(at) > 40 {
		radius = 2.5
	}
	p.Add(discs(at, c, radius))
	if hollow {
		p.Add(discs(at, paper, radius-1.4))
	}
}

func discs(at plotter.XYs, c colour, radius float64) plot.Plotter {
	return unranged{&plotter.Scatter{XYs: at, GlyphStyle: draw.GlyphStyle{Color: c, Radius: vg.Length(radius), Shape: draw.CircleGlyph{}}}}
}

// vertical is a line at x.
func vertical(p *plot.Plot, x, from, to float64, c colour, dashed bool) {
	p.Add(unranged{stroke(plotter.XYs{{X: x, Y: from}, {X: x, Y: to}}, c, 1.2, dashed)})
}

// horizontal is a line at y.
func horizontal(p *plot.Plot, y, from, to float64, c colour, dashed bool) {
	p.Add(unranged{stroke(plotter.XYs{{X: from, Y: y}, {X: to, Y: y}}, c, 1.2, dashed)})
}

func stroke(points plotter.XYs, c colour, thick float64, dashed bool) *plotter.Line {
	l := &plotter.Line{XYs: points, LineStyle: draw.LineStyle{Color: c, Width: vg.Length(thick)}}
	if dashed {
		l.Dashes = []vg.Length{4, 3}
	}
	return l
}

// unranged keeps a plotter from widening the axes, whose ends are set.
type unranged struct{ plot.Plotter }
