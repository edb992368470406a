package record

import (
	"fmt"
	"time"
)

const (
	// partTolerance is by what share, and by how much a sample, the time of a part
	// may exceed the whole: it may come from the device's clock.
	partTolerance = 0.05
	partSlack     = 20 * time.Microsecond
)

// partDefects holds the device's and the host's part of the samples of a visit
// against the whole.
func partDefects(r *Result, c *Case, v *Variant) (out []Defect) {
	rounds := c.everyRound()
	for _, phase := range r.Experiment.Measure.Phases {
		device, encode := Defect{Name: DeviceBeyondWall, Phase: phase}, Defect{Name: EncodeBeyondWall, Phase: phase}
		for i := range rounds {
			rounds[i].visitsOf(v.Name, phase, func(x *Visit) {
				k := x.claims()
				device.beyond(k, k.device, "on the device", i+1, x.Index)
				encode.beyond(k, k.encode, "preparing and submitting", i+1, x.Index)
			})
		}
		for _, d := range []Defect{device, encode} {
			if d.Round > 0 {
				out = append(out, d)
			}
		}
	}
	return out
}

// beyond notes the first visit in which a part takes longer than the whole.
func (d *Defect) beyond(k claims, part float64, what string, round, visit int) {
	if d.Round == 0 && part > k.wall*(1+partTolerance)+float64(k.samples)*float64(partSlack) {
		d.Round = round
		d.Detail = fmt.Sprintf("the samples of visit %d claim %v %s, of %v in all", visit, ns(part), what, ns(k.wall))
	}
}
