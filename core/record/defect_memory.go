package record

import (
	"fmt"
	"slices"

	"github.com/assay-bench/assay/core/stats"
)

// beyondFastest is how far the median bandwidth of a phase may lie above the
// fastest yardstick of its case. The median of a yardstick falls when other
// programs use the memory; its fastest go of a session does not.
const beyondFastest = 1.25

// memoryDefects holds bandwidths against the fastest that the yardstick has been.
func memoryDefects(r *Result, c *Case, v *Variant) (out []Defect) {
	for _, phase := range r.Experiment.Measure.Phases {
		var rates []float64
		fastest, name := 0.0, ""
		for i := range c.Rounds {
			d := &c.Rounds[i]
			yardstick, bytes := d.heldAgainst(v.Name, phase)
			if wall, device, _, ok := d.PerIteration(v.Name, phase); ok && bytes > 0 {
				rates, name = append(rates, float64(bytes)/firstPositive(device, wall)), yardstick
			}
			for k := range d.Yardsticks {
				if y := &d.Yardsticks[k]; y.Name == yardstick && y.Ns > 0 && slices.Contains(y.Arms, v.Name) {
					fastest = max(fastest, float64(y.Bytes)/float64(y.Ns))
				}
			}
		}
		if len(rates) == 0 || fastest == 0 {
			continue
		}
		if rate := stats.Median(rates); rate > beyondFastest*fastest {
			out = append(out, Defect{Name: BeyondMemory, Phase: phase, Detail: fmt.Sprintf(
				"%.4g GB/s, the median of %d rounds, and the fastest %s of the session had %.4g GB/s", rate, len(rates), name, fastest)})
		}
	}
	return out
}
