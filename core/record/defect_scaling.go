package record

import "fmt"

// Scaling is a trial of a warm-up: batches of some iterations and of twice as many,
// and what the plugin does once it has acknowledged that they are over.
type Scaling struct {
	Iterations uint64  `json:"iterations"`  // of the shorter batches
	OnceNs     int64   `json:"once_ns"`     // the fastest of them
	TwiceNs    int64   `json:"twice_ns"`    // the fastest of those with twice as many
	CoresAfter float64 `json:"cores_after"` // that its processes use, or wait for, once it said that the batch is over
}

const (
	// scalesBy is how many times as long twice as many iterations take at least.
	// Their start is in both times, and noise makes the shorter ones longer.
	scalesBy = 1.25
	// flatBy is how many times as long they take at least where nothing scales. What
	// takes less time for more iterations was disturbed by other programs.
	flatBy = 0.8
	// coresAfter are kept busy by work that goes on after it was said to be over.
	coresAfter = 0.5
	// mostScalings are made of an arm in a phase of a case, and all of them must agree.
	mostScalings = 3
)

// Scales says that more iterations take longer.
func (s *Scaling) Scales() bool { return float64(s.TwiceNs) >= scalesBy*float64(s.OnceNs) }

// flat says that more iterations take as long as fewer.
func (s *Scaling) flat() bool {
	return !s.Scales() && float64(s.TwiceNs) >= flatBy*float64(s.OnceNs)
}

func (s *Scaling) ends() bool { return s.CoresAfter < coresAfter }

// scalings are the trials of an arm in a phase.
func (c *Case) scalings(variant, phase string) (out []*Scaling) {
	for i := 1; i <= c.Begun(); i++ {
		d := c.Round(i)
		for k := range d.Warmups {
			if w := &d.Warmups[k]; w.Variant == variant && w.Phase == phase && w.Scaling != nil {
				out = append(out, w.Scaling)
			}
		}
	}
	return out
}

// WantsScaling says that a trial is due: none was good yet, and there were few.
func (c *Case) WantsScaling(variant, phase string) bool {
	made := c.scalings(variant, phase)
	for _, s := range made {
		if s.Scales() && s.ends() {
			return false
		}
	}
	return len(made) < mostScalings
}

// scalingDefects are of variants of which no trial was good.
func scalingDefects(r *Result, c *Case, v *Variant) (out []Defect) {
	for _, phase := range r.Experiment.Measure.Phases {
		made := c.scalings(v.Name, phase)
		if len(made) < mostScalings {
			continue
		}
		flat, ends := true, false
		for _, s := range made {
			flat, ends = flat && s.flat(), ends || s.ends()
		}
		last := made[len(made)-1]
		if flat {
			out = append(out, Defect{Name: DoesNotScale, Phase: phase, Detail: fmt.Sprintf("%d iterations take %v, and twice as many %v; so it is in %d of %d trials",
				last.Iterations, ns(float64(last.OnceNs)), ns(float64(last.TwiceNs)), len(made), len(made))})
		}
		if !ends {
			out = append(out, Defect{Name: WorksOn, Phase: phase, Detail: fmt.Sprintf(
				"its processes used or waited for %.2g cores after it had said that its work is over; so it is in %d of %d trials", last.CoresAfter, len(made), len(made))})
		}
	}
	return out
}
