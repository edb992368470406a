package report

import (
	"fmt"
	"io"
	"slices"

	"github.com/assay-bench/assay/core/judge"
	"github.com/assay-bench/assay/core/record"
)

// phaseTable writes what was measured of each variant in one phase. Columns that
// the terminal has no room for are left out, and returned.
func phaseTable(w io.Writer, r *record.Result, c *record.Case, phase string, s Style) (left lack) {
	t := phaseRows(r, c, phase, s)
	if t == nil {
		s.say(w, "    ", "%s: nothing was measured of %s", phase, listOf(variantNames(c)))
		return lack{}
	}
	left = t.fit("    ", s.Width, []string{"rate", yardstickHead(c, phase), "device", "GB/s", "encode", perIteration})
	t.writeWithin(w, "    ", s)
	controlLine(w, c, phase, s)
	yardstickLines(w, c, phase, s)
	return left
}

// phaseRows has a row for each variant, and no column that none of them fills; nil
// where nothing was measured.
func phaseRows(r *record.Result, c *record.Case, phase string, s Style) *table {
	u := unitsOf(r, c, phase)
	t := &table{right: []bool{false, true, true, true, true, true, true, true, true, false, false}}
	t.add(s.dim(phase), s.dim("time/"+u.unit), s.dim(perIteration), s.dim("rate"), s.dim("device"), s.dim("encode"), s.dim("GB/s"), s.dim(yardstickHead(c, phase)),
		s.dim("speed"), s.dim("95 % interval"), s.dim("verdict in "+phase))
	measured := false
	for _, v := range c.Variants {
		p, ok := v.Phases[phase]
		if !ok {
			t.add(plain(v.Name), plain("not measured"))
			continue
		}
		measured = true
		speed, bounds := "baseline", ""
		if p.Ratio != nil {
			speed, bounds = ratio(p.Ratio.Estimate), interval(p.Ratio.Lower, p.Ratio.Upper)
		}
		t.add(plain(v.Name), plain(perUnit(p.WallNs.Value, p)), plain(u.perIteration(p)), plain(rate(p.UnitsPerSec, u.unit)), plain(perUnit(p.DeviceNs, p)),
			plain(perUnit(p.EncodeNs, p)), plain(gbps(p)), plain(shareText(p)), plain(speed), plain(bounds), verdictIn(c, v, phase, s))
	}
	if !measured {
		return nil
	}
	t.dropEmpty()
	return t
}

func yardstickHead(c *record.Case, phase string) string { return "of " + yardstickOf(c, phase) }

const perIteration = "time/iteration"

func variantNames(c *record.Case) (names []string) {
	for _, v := range c.Variants {
		names = append(names, v.Name)
	}
	return names
}

// units say what the times of a phase are of: of what an iteration produces, and
// where that is more or less than one, of the iteration as well.
type units struct {
	unit string
	many bool // some variant's iteration does not produce exactly one
}

func unitsOf(r *record.Result, c *record.Case, phase string) units {
	u := units{unit: r.Experiment.Units[phase]}
	if u.unit == "" {
		u.unit = call
	}
	for _, v := range c.Variants {
		if p, ok := v.Phases[phase]; ok && p.Units != 1 {
			u.many = true
		}
	}
	return u
}

// perUnit is a time of an iteration for each unit of it.
func perUnit(ns float64, p record.PhaseSummary) string {
	if p.Units <= 0 {
		return "–"
	}
	return nanos(ns / p.Units)
}

func (u units) perIteration(p record.PhaseSummary) string {
	if !u.many {
		return "" // the same
	}
	return nanos(p.WallNs.Value)
}

// metricTable writes the metrics of a case, which are of no phase.
func metricTable(w io.Writer, r *record.Result, c *record.Case, s Style) {
	t := metricRows(r, c, s)
	if t == nil {
		return
	}
	if !t.fits("    ", s.Width) {
		t = t.turned()
	}
	t.writeWithin(w, "    ", s)
}

// metricRows has a row for each metric; nil where there is none.
func metricRows(r *record.Result, c *record.Case, s Style) *table {
	names := metricNames(c)
	if len(names) == 0 {
		return nil
	}
	t := &table{right: []bool{false}}
	head := []cell{s.dim("metric")}
	var shown []record.Variant
	for _, v := range c.Variants {
		if len(v.Metrics) > 0 {
			shown = append(shown, v)
			head, t.right = append(head, s.dim(v.Name)), append(t.right, true)
		}
	}
	t.add(head...)
	for _, m := range names {
		row := []cell{plain(m)}
		for _, v := range shown {
			text := "–" // none, or none that is a finite number
			if x, ok := v.Metrics[m]; ok {
				text = judge.Amount(x, r.Experiment.MetricUnits[m])
			}
			row = append(row, plain(text))
		}
		t.add(row...)
	}
	return t
}

func controlLine(w io.Writer, c *record.Case, phase string, s Style) {
	if text := NoiseFloor(c, phase); text != "" {
		s.say(w, "      ", "%s", text)
	}
}

// NoiseFloor says how far a difference of nothing strays in a phase; empty: there is
// no control.
func NoiseFloor(c *record.Case, phase string) string {
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
			text = "±" + judge.Percent(*floor)
		}
		return fmt.Sprintf("noise floor %s (the baseline against itself, %s, %s)", text, Count(k.Rounds, "round"), at)
	}
	return ""
}

// verdictIn is the worst verdict of a variant in a phase; proposed ones, which are
// not judged, say what they are.
func verdictIn(c *record.Case, v record.Variant, phase string, s Style) cell {
	if v.Role == record.RoleProposed {
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
