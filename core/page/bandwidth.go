package page

import (
	"fmt"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"

	"github.com/assay-bench/assay/core/record"
	"github.com/assay-bench/assay/core/report"
)

// bandwidth holds the bytes that the arms declare against what memory gave beside
// them. It is the flat part of a roofline: plugins count bytes, and no operations.
// Nil: no arm has a yardstick.
func bandwidth(c *record.Case, phase string) *figure {
	type arm struct {
		name string
		s    record.PhaseSummary
	}
	var arms []arm
	for _, v := range c.Variants {
		if s, ok := v.Phases[phase]; ok && s.Share != nil && s.Share.Share > 0 {
			arms = append(arms, arm{v.Name, s})
		}
	}
	if len(arms) == 0 {
		return nil
	}
	p := newPlot()
	p.X.Label.Text = "share of the yardstick, %"
	grid(p, true, false)
	var ends span
	ends.hold(0, 100)
	names := make([]plot.Tick, len(arms))
	t := table{
		Caption: "Bandwidth in " + phase + in(c) + " beside what memory gives",
		Head:    []string{"arm", "bytes per iteration", "GB/s", "yardstick", "GB/s of the yardstick", "share, % [95 % interval]"},
	}
	var words []string
	for _, a := range arms {
		ends.hold(100 * a.s.Share.Share)
		for _, b := range []*float64{a.s.Share.Lower, a.s.Share.Upper} {
			if b != nil {
				ends.hold(100 * *b)
			}
		}
	}
	p.X.Min, p.X.Max, p.X.Tick.Marker = 0, 1.04*max(ends.hi, 100), steps{most: 5}
	for i, a := range arms {
		y := float64(len(arms) - 1 - i)
		names[i] = plot.Tick{Value: y, Label: short(a.name)}
		c := accent
		rate, share := report.Bandwidth(a.s)
		if a.s.Share.Impossible {
			c, share = bad, "beyond what memory gives"
		}
		whisker(p, 100*a.s.Share.Share, y, hundred(a.s.Share.Lower), hundred(a.s.Share.Upper), c, 3, 0)
		points(p, plotter.XYs{{X: within(&p.X, 100*a.s.Share.Share), Y: y}}, c, false)
		t.Rows = append(t.Rows, []string{a.name, fmt.Sprint(a.s.Bytes), rate, a.s.Share.Yardstick, fmt.Sprintf("%.4g", a.s.Share.GBps), share})
		words = append(words, a.name+" "+share)
	}
	p.Y.Min, p.Y.Max = -0.6, float64(len(arms))-0.4
	vertical(p, 100, p.Y.Min, p.Y.Max, muted, false)
	p.Y.Tick.Marker, p.Y.Tick.Length, p.Y.LineStyle.Width = plot.ConstantTicks(names), 0, 0
	return &figure{
		Title: "Bandwidth in " + phase + ", beside its roof",
		Note:  "The roof is what a yardstick moved between the visits, in the same processes. Points: the bytes that the plugin declares over the time of the device.",
		Keys:  []key{keyOf(muted, "│", "what memory gives")},
		Panels: []panel{svg(54+24*float64(len(arms)),
			fmt.Sprintf("Bandwidth in %s%s as a share of what memory gives: %s.", phase, in(c), strings.Join(words[:min(len(words), 6)], ", ")), p)},
		Table: t,
	}
}

func hundred(x *float64) *float64 {
	if x == nil {
		return nil
	}
	y := 100 * *x
	return &y
}
