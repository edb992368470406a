package record

import (
	"math"
	"slices"

	"github.com/assay-bench/assay/core/stats"
)

// The yardsticks that a plugin may name for its bytes and a device may have.
const (
	Stream = "stream" // memory is read
	Copy   = "copy"   // memory is read and as much written
)

// beyondYardstick is how far above a yardstick a bandwidth is taken for
// impossible: a yardstick is a program too, and not the best there can be.
const beyondYardstick = 1.05

// share holds a variant against its yardstick, nil where no round can.
func (r *Result) share(c *Case, variant, phase string) (*Share, error) {
	out := &Share{}
	var shares, rates []float64
	for i := range c.Rounds {
		d := &c.Rounds[i]
		if !d.Counted {
			continue
		}
		name, _ := d.heldAgainst(variant, phase)
		share, rate, ok := d.shareOf(name, variant, phase)
		if !ok {
			continue
		}
		out.Yardstick, out.Rounds = name, out.Rounds+1
		shares, rates = append(shares, share), append(rates, rate)
	}
	if out.Rounds == 0 {
		return nil, nil
	}
	ci, err := stats.MedianCI(shares, r.confidence())
	if err != nil {
		return nil, err
	}
	out.Share, out.GBps = ci.Median, stats.Median(rates)
	out.Lower, out.Upper = finite(ci.Low), finite(ci.High)
	out.Impossible = out.Lower != nil && *out.Lower > beyondYardstick
	return out, nil
}

// heldAgainst is the yardstick of a variant's bytes in a phase, and how many
// bytes an iteration moves.
func (d *Round) heldAgainst(variant, phase string) (yardstick string, bytes int64) {
	for i := range d.Prepared {
		if p := &d.Prepared[i]; p.Variant == variant {
			yardstick, bytes = p.Phases[phase].Yardstick, p.Phases[phase].Bytes
		}
	}
	if yardstick == "" {
		yardstick = Stream
	}
	return yardstick, bytes
}

// Wanted lists the yardsticks that some of these arms are held against in a
// phase.
func (d *Round) Wanted(arms []string, phase string) (out []string) {
	for _, y := range []string{Stream, Copy} {
		if slices.ContainsFunc(arms, func(arm string) bool {
			name, bytes := d.heldAgainst(arm, phase)
			return name == y && bytes > 0
		}) {
			out = append(out, y)
		}
	}
	return out
}

// shareOf is a variant's bandwidth as a share of a yardstick in this round, and
// the yardstick's own, in GB/s: the medians over the passes that have both. A
// visit stands for its fastest sample, as a yardstick for its fastest go.
func (d *Round) shareOf(yardstick, variant, phase string) (share, rate float64, ok bool) {
	_, bytes := d.heldAgainst(variant, phase)
	if bytes <= 0 {
		return 0, 0, false
	}
	rates := map[int]float64{}
	for i := range d.Yardsticks {
		y := &d.Yardsticks[i]
		if y.Name == yardstick && y.Phase == phase && y.Ns > 0 && slices.Contains(y.Arms, variant) && !d.cut(phase, y.Pass) {
			rates[y.Pass] = float64(y.Bytes) / float64(y.Ns)
		}
	}
	var shares, used []float64
	d.visitsOf(variant, phase, func(v *Visit) {
		wall, device, _, ok := v.fastest()
		if of := rates[v.Pass]; ok && of > 0 {
			shares, used = append(shares, float64(bytes)/firstPositive(device, wall)/of), append(used, of)
		}
	})
	if len(shares) == 0 {
		return 0, 0, false
	}
	return stats.Median(shares), stats.Median(used), true
}

func finite(x float64) *float64 {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return nil
	}
	return &x
}
