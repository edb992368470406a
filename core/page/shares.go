package page

import (
	"fmt"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"

	"github.com/assay-bench/assay/core/attribution"
	"github.com/assay-bench/assay/core/judge"
	"github.com/assay-bench/assay/core/record"
	"github.com/assay-bench/assay/core/report"
)

// shares shows where the wall time of each arm goes. Nil: no arm has a time of the
// device.
func shares(r *record.Result, c *record.Case, phase string) *figure {
	type arm struct {
		name  string
		s     record.PhaseSummary
		parts [3]float64
	}
	var arms []arm
	beyond := false
	for _, v := range c.Variants {
		s, ok := v.Phases[phase]
		if !ok || !(s.DeviceNs > 0) || !(s.WallNs.Value > 0) || s.WallNs.Value > most*most {
			continue
		}
		kernel, wrapper := s.DeviceNs/s.WallNs.Value, s.EncodeNs/s.WallNs.Value
		launch := 1 - kernel - wrapper
		beyond = beyond || launch < -0.005
		arms = append(arms, arm{v.Name, s, [3]float64{kernel, max(launch, 0), max(wrapper, 0)}})
	}
	if len(arms) == 0 {
		return nil
	}
	p := newPlot()
	p.X.Label.Text = "share of the wall time, %"
	grid(p, true, false)
	var ends span
	ends.hold(0, 100)
	names := make([]plot.Tick, len(arms))
	values := [3]plotter.Values{}
	t := table{
		Caption: "Where the time of an iteration goes in " + phase + in(c) + ", medians over rounds",
		Head:    []string{"arm", "time/" + report.UnitOf(r, c, phase)},
	}
	for _, name := range attribution.Parts() {
		t.Head = append(t.Head, string(name))
	}
	var words []string
	for i := range arms {
		a := arms[len(arms)-1-i] // the first one on top
		names[i] = plot.Tick{Value: float64(i), Label: short(a.name)}
		sum := 0.0
		for k, share := range a.parts {
			values[k] = append(values[k], 100*share)
			sum += 100 * share
		}
		ends.hold(sum)
	}
	for _, a := range arms {
		launch := a.s.WallNs.Value - a.s.DeviceNs - a.s.EncodeNs
		t.Rows = append(t.Rows, []string{
			a.name, report.TimePerUnit(a.s.WallNs.Value, a.s),
			part(a.s, a.s.DeviceNs), part(a.s, launch), part(a.s, a.s.EncodeNs),
		})
		words = append(words, fmt.Sprintf("%s %s kernel", a.name, judge.Percent(a.parts[0])))
	}
	var below *plotter.BarChart
	keys := make([]key, 0, 3)
	for k, name := range attribution.Parts() {
		bar, err := plotter.NewBarChart(values[k], vg.Length(14))
		if err != nil {
			return nil
		}
		bar.Horizontal, bar.Color, bar.LineStyle.Width = true, seriesOf(k), 0
		if below != nil {
			bar.StackOn(below)
		}
		below = bar
		p.Add(unranged{bar})
		keys = append(keys, keyOf(seriesOf(k), "■", string(name)))
	}
	p.X.Min, p.X.Max, p.X.Tick.Marker = 0, 1.04*max(ends.hi, 100), steps{most: 5}
	p.Y.Min, p.Y.Max = -0.6, float64(len(arms))-0.4
	p.Y.Tick.Marker, p.Y.Tick.Length, p.Y.LineStyle.Width = plot.ConstantTicks(names), 0, 0
	note := "Kernel is the device's time, wrapper the host's time that prepares and submits, launch what is left."
	if beyond {
		note += " More than 100 %: the host prepares while the device already runs."
	}
	label := fmt.Sprintf("Where the wall time goes in %s%s: %s.", phase, in(c), strings.Join(words[:min(len(words), 6)], ", "))
	return &figure{
		Title: "Where the time goes in " + phase, Note: note, Keys: keys,
		Panels: []panel{svg(54+24*float64(len(arms)), label, p)}, Table: t,
	}
}

// part is a time and its share of the wall time.
func part(s record.PhaseSummary, ns float64) string {
	if ns < 0 {
		return fmt.Sprintf("%s less", report.TimePerUnit(-ns, s))
	}
	return fmt.Sprintf("%s (%s)", report.TimePerUnit(ns, s), judge.Percent(ns/s.WallNs.Value))
}
