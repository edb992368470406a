package page

import (
	"maps"
	"slices"

	"github.com/assay-bench/assay/core/judge"
	"github.com/assay-bench/assay/core/record"
	"github.com/assay-bench/assay/core/report"
)

// phaseTable is what was measured of each arm in a phase.
func phaseTable(r *record.Result, c *record.Case, phase string) table {
	t := table{
		Caption: "Measured in " + phase + in(c),
		Head:    []string{phase, "time/" + report.UnitOf(r, c, phase), "rate", "device", "encode", "GB/s", "of the yardstick", "speed", "95 % interval", "verdict"},
	}
	for _, v := range c.Variants {
		s, ok := v.Phases[phase]
		if !ok {
			t.Rows = append(t.Rows, []string{v.Name, "not measured", "", "", "", "", "", "", "", ""})
			continue
		}
		speed, bounds := "baseline", ""
		if s.Ratio != nil {
			speed, bounds = report.Ratio(s.Ratio.Estimate), report.Interval(s.Ratio.Lower, s.Ratio.Upper)
		}
		rate, share := report.Bandwidth(s)
		t.Rows = append(t.Rows, []string{
			v.Name, report.TimePerUnit(s.WallNs.Value, s), report.Rate(s.UnitsPerSec, report.UnitOf(r, c, phase)),
			report.TimePerUnit(s.DeviceNs, s), report.TimePerUnit(s.EncodeNs, s), rate, share, speed, bounds, report.VerdictIn(c, &v, phase),
		})
	}
	t.dropEmpty()
	return t
}

// metricTable is what plugins report beside times.
func metricTable(r *record.Result, c *record.Case) table {
	names := map[string]bool{}
	t := table{Caption: "Metrics" + in(c) + ", medians over rounds", Head: []string{"metric"}}
	for _, v := range c.Variants {
		if len(v.Metrics) > 0 {
			t.Head = append(t.Head, v.Name)
		}
		for name := range v.Metrics {
			names[name] = true
		}
	}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		row := []string{name}
		for _, v := range c.Variants {
			if len(v.Metrics) == 0 {
				continue
			}
			text := "–" // none, or none that is a finite number
			if x, ok := v.Metrics[name]; ok {
				text = judge.Amount(x, r.Experiment.MetricUnits[name])
			}
			row = append(row, text)
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}
