package record

import (
	"math"

	"github.com/assay-bench/assay/core/stats"
)

// A sample is a batch of iterations, and whatever else runs on the machine can
// only make it slower. So a visit stands for its fastest sample: the one that
// met the least of it. Visits that took turns in one pass met the same weather,
// so they are compared with each other before anything is averaged, and the
// median over the passes is not moved by the few that were disturbed throughout.
// docs/method.md tells what this gains over the median of all samples.

// fastest is the visit's fastest sample, in nanoseconds per iteration. ok is
// false without samples.
func (v *Visit) fastest() (wall, device, encode float64, ok bool) {
	if f := v.Figures; f != nil {
		return f.wall, f.device, f.encode, f.ok
	}
	s := &v.Samples
	for i := range s.Len() {
		n := float64(s.Iterations[i])
		if w := float64(s.WallNs[i]) / n; !ok || w < wall {
			wall, device, encode, ok = w, float64(s.DeviceNs[i])/n, float64(s.EncodeNs[i])/n, true
		}
	}
	return wall, device, encode, ok
}

// visitsOf calls f with every visit of a variant that counts in a phase.
func (d *Round) visitsOf(variant, phase string, f func(v *Visit)) {
	for i := range d.Visits {
		if v := &d.Visits[i]; v.Variant == variant && v.Phase == phase && !v.Superseded {
			f(v)
		}
	}
}

// PerIteration is the time of one variant in this round, nanoseconds per
// iteration: the median over its visits of each one's fastest sample. ok is
// false without samples.
func (d *Round) PerIteration(variant, phase string) (wall, device, encode float64, ok bool) {
	var w, g, e []float64
	d.visitsOf(variant, phase, func(v *Visit) {
		if wall, device, encode, ok := v.fastest(); ok {
			w, g, e = append(w, wall), append(g, device), append(e, encode)
		}
	})
	if len(w) == 0 {
		return 0, 0, 0, false
	}
	return stats.Median(w), stats.Median(g), stats.Median(e), true
}

// LogRatio is ln(t_baseline/t_variant) in this round, above 0 when the variant
// is faster: the median over the passes of each pass's own log-ratio, of the
// fastest sample of either. An even number of passes goes there and back, and
// the mean of the two middle ones keeps a steady drift cancelled. A pass that the
// end of a session cut in two is left out: its visits are no neighbours. ok is
// false when no pass has samples of both.
func (d *Round) LogRatio(baseline, variant, phase string) (ratio float64, ok bool) {
	base := map[int]float64{}
	d.visitsOf(baseline, phase, func(v *Visit) {
		if d.cut(phase, v.Pass) {
			return
		}
		if wall, _, _, ok := v.fastest(); ok {
			base[v.Pass] = wall
		}
	})
	var ratios []float64
	d.visitsOf(variant, phase, func(v *Visit) {
		of, there := base[v.Pass]
		if wall, _, _, ok := v.fastest(); ok && there {
			ratios = append(ratios, math.Log(of/wall))
		}
	})
	if len(ratios) == 0 {
		return 0, false
	}
	return stats.Median(ratios), true
}

// cut says that a joint of the round lies inside a pass.
func (d *Round) cut(phase string, pass int) bool {
	for _, j := range d.Joints {
		before, after := false, false
		for i := range d.Visits {
			v := &d.Visits[i]
			if v.Phase != phase || v.Pass != pass {
				continue
			}
			started := v.Index == j.Visits+1 && j.Samples > 0
			before = before || v.Index <= j.Visits || started
			after = after || v.Index > j.Visits
		}
		if before && after {
			return true
		}
	}
	return false
}
