package page

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"

	"github.com/assay-bench/assay/core/record"
	"github.com/assay-bench/assay/core/report"
	"github.com/assay-bench/assay/core/stats"
)

// strip is one quantity of the machine over the rounds of a case. NaN: not known.
type strip struct {
	name   string
	values []float64
	text   func(float64) string
	ticks  plot.Ticker
	upTo   float64 // the axis has 0 and this at least; 0: what the values need
}

var thermalStates = []string{"nominal", "fair", "serious", "critical"}

// drift shows what the machine was like while a case was measured. Nil: no round
// was begun.
func drift(r *record.Result, c *record.Case) *figure {
	if len(c.Rounds) == 0 {
		return nil
	}
	strips := stripsOf(r, c)
	f := &figure{
		Title: "The machine over the rounds" + in(c),
		Table: table{Caption: "The machine in each round" + in(c), Head: []string{"round"}},
	}
	var shown []strip
	var unknown []string
	for _, s := range strips {
		if slices.ContainsFunc(s.values, func(x float64) bool { return !math.IsNaN(x) }) {
			shown = append(shown, s)
			f.Table.Head = append(f.Table.Head, s.name)
		} else {
			unknown = append(unknown, s.name)
		}
	}
	f.Table.Head = append(f.Table.Head, "what became of it")
	every := spread(len(c.Rounds))
	for i := 0; i < len(c.Rounds); i += every {
		d := &c.Rounds[i]
		row := []string{name(d)}
		for _, s := range shown {
			row = append(row, cell(s, s.values[i]))
		}
		f.Table.Rows = append(f.Table.Rows, append(row, became(d)))
	}
	var plots []*plot.Plot
	var words []string
	for i, s := range shown {
		plots = append(plots, s.plot(c, every, i == len(shown)-1))
		words = append(words, s.name+" "+s.between())
	}
	if len(plots) > 0 {
		f.Panels = []panel{svg(30+86*float64(len(plots)), fmt.Sprintf("The machine over %s%s: %s.", report.Count(len(c.Rounds), "round"), in(c), strings.Join(words, "; ")), plots...)}
	}
	f.Note = "Filled: the round counts. Hollow: it does not." + leftOut(len(c.Rounds))
	if len(unknown) > 0 {
		f.Note += " This machine did not tell: " + strings.Join(unknown, ", ") + "."
	}
	return f
}

func cell(s strip, x float64) string {
	if math.IsNaN(x) {
		return "–"
	}
	return s.text(x)
}

// name of a round; a round may be tried more than once.
func name(d *record.Round) string {
	if d.Attempt > 1 {
		return fmt.Sprintf("%d, attempt %d", d.Index, d.Attempt)
	}
	return fmt.Sprint(d.Index)
}

func became(d *record.Round) string {
	switch {
	case d.Counted:
		return "counts"
	case d.Ended.IsZero():
		return "cut short"
	case d.Disturbed:
		return "disturbed"
	}
	return "failed"
}

func (s strip) plot(c *record.Case, every int, last bool) *plot.Plot {
	p := newPlot()
	p.Title.Text, p.Title.Padding = s.name, 2
	p.Title.TextStyle.Font, p.Title.TextStyle.Color = p.X.Label.TextStyle.Font, muted
	grid(p, false, true)
	var ends span
	if s.upTo > 0 {
		ends.hold(0, s.upTo)
	}
	var counted, others plotter.XYs
	for i := 0; i < len(s.values); i += every {
		x := s.values[i]
		if math.IsNaN(x) || math.Abs(x) > most {
			continue
		}
		ends.hold(x)
		if at := (plotter.XY{X: float64(i + 1), Y: x}); c.Rounds[i].Counted {
			counted = append(counted, at)
		} else {
			others = append(others, at)
		}
	}
	ends.set(&p.Y)
	p.X.Min, p.X.Max, p.X.Tick.Marker = 0.5, float64(len(s.values))+0.5, steps{most: 8, least: 1}
	p.Y.Tick.Marker = steps{most: 3}
	if s.ticks != nil {
		p.Y.Tick.Marker = s.ticks
		p.Y.Min, p.Y.Max = -0.5, float64(len(thermalStates))-0.5
	}
	if p.X.Label.Text = "round, in order of starting"; !last {
		p.X.Label.Text, p.X.Tick.Marker = "", unnamed{p.X.Tick.Marker}
	}
	p.Add(unranged{stroke(counted, faint, 1, false)})
	points(p, counted, accent, false)
	points(p, others, warn, true)
	return p
}

func (s strip) between() string {
	var known []float64
	for _, x := range s.values {
		if !math.IsNaN(x) {
			known = append(known, x)
		}
	}
	if len(known) == 0 {
		return "not known"
	}
	return fmt.Sprintf("from %s to %s", s.text(slices.Min(known)), s.text(slices.Max(known)))
}

func stripsOf(r *record.Result, c *record.Case) (out []strip) {
	each := func(name string, upTo float64, text func(float64) string, of func(*record.Round) float64) {
		s := strip{name: name, text: text, upTo: upTo}
		for i := range c.Rounds {
			s.values = append(s.values, of(&c.Rounds[i]))
		}
		out = append(out, s)
	}
	if base := roleOf(c, record.RoleBaseline); base != "" && !r.Metadata.Device.Simulated {
		for _, phase := range r.Experiment.Measure.Phases {
			middle := median(c, base, phase)
			each("time of the baseline in "+short(phase)+", % of its median", 0, plainly("%"), func(d *record.Round) float64 {
				wall, _, _, ok := d.PerIteration(base, phase)
				if !ok || !(middle > 0) {
					return math.NaN()
				}
				return 100 * wall / middle
			})
		}
	}
	each("clock, MHz", 0, plainly("MHz"), func(d *record.Round) float64 {
		var seen []float64
		for i := range d.Visits {
			seen = append(seen, d.Visits[i].Observed.MHzBefore, d.Visits[i].Observed.MHzAfter)
		}
		return positive(append(seen, d.Before.CPUMHz, d.After.CPUMHz), stats.Median)
	})
	each("hottest sensor, °C", 0, plainly("°C"), func(d *record.Round) float64 {
		return positive([]float64{d.Before.Celsius, d.After.Celsius}, slices.Max[[]float64])
	})
	each("thermal state", 0, func(x float64) string { return thermalStates[int(x)] }, func(d *record.Round) float64 {
		hot := max(slices.Index(thermalStates, d.Before.ThermalState), slices.Index(thermalStates, d.After.ThermalState))
		if hot < 0 {
			return math.NaN()
		}
		return float64(hot)
	})
	var names []plot.Tick
	for i, state := range thermalStates {
		names = append(names, plot.Tick{Value: float64(i), Label: state})
	}
	out[len(out)-1].ticks = plot.ConstantTicks(names)
	each("GPU in use before and after, %", 100, plainly("%"), func(d *record.Round) float64 {
		most := math.NaN()
		for _, e := range []record.Environment{d.Before, d.After} {
			if e.GPUBusy != nil && !(most > 100**e.GPUBusy) {
				most = 100 * *e.GPUBusy
			}
		}
		return most
	})
	each("load of other programs, cores", 1, plainly("cores"), foreign)
	each("contaminated visits, %", 100, plainly("%"), func(d *record.Round) float64 {
		n := 0
		for i := range d.Visits {
			if d.Visits[i].Contaminated {
				n++
			}
		}
		return 100 * float64(n) / float64(len(d.Visits)) // of none: not known
	})
	return out
}

func foreign(d *record.Round) float64 {
	sum, n := 0.0, 0
	for i := range d.Visits {
		if o := d.Visits[i].Observed; !o.LoadUnknown {
			sum, n = sum+o.ForeignLoad, n+1
		}
	}
	return sum / float64(n) // of none: not known
}

// positive condenses the values that are known, which are above 0.
func positive(values []float64, to func([]float64) float64) float64 {
	values = slices.DeleteFunc(values, func(x float64) bool { return !(x > 0) })
	if len(values) == 0 {
		return math.NaN()
	}
	return to(values)
}

func median(c *record.Case, base, phase string) float64 {
	var times []float64
	for i := range c.Rounds {
		if wall, _, _, ok := c.Rounds[i].PerIteration(base, phase); ok && c.Rounds[i].Counted {
			times = append(times, wall)
		}
	}
	return positive(times, stats.Median)
}

func plainly(unit string) func(float64) string {
	return func(x float64) string { return fmt.Sprintf("%.4g %s", x, unit) }
}
