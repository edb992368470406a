package record

import (
	"fmt"
	"time"
)

const (
	// clockTolerance is by what share, and by how much a sample, samples may claim
	// more than the host's clock saw: two clocks do not tick alike.
	clockTolerance = 0.01
	clockSlack     = 100 * time.Microsecond
	// hiddenSlack of a sample's span are the connection, and what a plugin does
	// between samples.
	hiddenSlack = 500 * time.Microsecond
	// hiddenQuiet and hiddenBusy are how many times its wall time the rest of a span
	// may be, in visits that no other program disturbed and in all: on a busy machine
	// a plugin waits for a core outside of what it times as well.
	hiddenQuiet, hiddenBusy = 2, 3
	// leastVisits say something, in all and of undisturbed ones.
	leastVisits = 10
)

// claims are what the samples of a visit claim, beside what the host's clock saw.
type claims struct {
	samples              int
	wall, device, encode float64 // of all samples, ns
	host                 float64 // of all samples, from an ack to the sample after it
	fastest              struct{ wall, host float64 }
}

// claims are computed from samples that may be gone by now.
func (v *Visit) claims() claims {
	if v.Figures != nil {
		return v.Figures.claims
	}
	var c claims
	s := &v.Samples
	best := -1
	for i := range s.Len() {
		c.samples++
		c.wall, c.device, c.encode = c.wall+float64(s.WallNs[i]), c.device+float64(s.DeviceNs[i]), c.encode+float64(s.EncodeNs[i])
		if i < len(s.HostNs) {
			c.host += float64(s.HostNs[i])
		}
		if best < 0 || float64(s.WallNs[i])/float64(s.Iterations[i]) < float64(s.WallNs[best])/float64(s.Iterations[best]) {
			best = i
		}
	}
	if best >= 0 && best < len(s.HostNs) {
		c.fastest.wall, c.fastest.host = float64(s.WallNs[best]), float64(s.HostNs[best])
	}
	return c
}

// more says that a visit's samples claim more time than the host's clock saw.
func (c claims) more() bool {
	return c.host > 0 && c.wall > c.host*(1+clockTolerance)+float64(c.samples)*float64(clockSlack)
}

// less says that the sample that stands for a visit took more than so many times
// what it claims.
func (c claims) less(times float64) bool {
	return c.fastest.host > times*c.fastest.wall+float64(hiddenSlack)
}

// clockDefects holds the visits of a variant against the host's clock.
func clockDefects(r *Result, c *Case, v *Variant) (out []Defect) {
	rounds := c.everyRound()
	for _, phase := range r.Experiment.Measure.Phases {
		more, less := Defect{Name: MoreThanClock, Phase: phase}, hidden{Defect: Defect{Name: LessThanClock, Phase: phase}}
		for i := range rounds {
			rounds[i].visitsOf(v.Name, phase, func(x *Visit) {
				k := x.claims()
				if k.host == 0 { // older documents do not say
					return
				}
				if k.more() && more.Round == 0 {
					more.Round = i + 1
					more.Detail = fmt.Sprintf("the samples of visit %d claim %v, and the host's clock saw %v", x.Index, ns(k.wall), ns(k.host))
				}
				less.add(i+1, x, k)
			})
		}
		if more.Round > 0 {
			out = append(out, more)
		}
		if less.found() && !fixedIterations(rounds, v.Name, phase) {
			less.Detail += fmt.Sprintf("; so it is in %d of %d visits", max(less.quietLess, less.busyLess), less.visits)
			out = append(out, less.Defect)
		}
	}
	return out
}

// hidden counts visits whose samples claim much less than the host's clock saw. One
// such visit may be a busy machine's, most of them are not.
type hidden struct {
	Defect
	visits, busyLess int // of all visits
	quiet, quietLess int // of those that no other program disturbed
}

func (h *hidden) add(round int, x *Visit, k claims) {
	h.visits++
	if k.less(hiddenBusy) {
		h.busyLess++
	}
	if !x.Contaminated && !x.Observed.LoadUnknown {
		h.quiet++
		if k.less(hiddenQuiet) {
			h.quietLess++
		}
	}
	if h.Round == 0 && k.less(hiddenQuiet) {
		h.Round = round
		h.Detail = fmt.Sprintf("the fastest sample of visit %d claims %v, and the host's clock saw %v", x.Index, ns(k.fastest.wall), ns(k.fastest.host))
	}
}

// found: at least half of all visits, or more than three quarters of the quiet ones.
func (h *hidden) found() bool {
	return h.visits >= leastVisits && 2*h.busyLess >= h.visits || h.quiet >= leastVisits && 4*h.quietLess > 3*h.quiet
}

// fixedIterations says that the plugin, and not the host, chooses how many
// iterations a sample has: it times a part of what a program does that it drives.
func fixedIterations(rounds []Round, variant, phase string) bool {
	for i := range rounds {
		for k := range rounds[i].Prepared {
			if p := &rounds[i].Prepared[k]; p.Variant == variant && p.Phases[phase].Iterations > 0 {
				return true
			}
		}
	}
	return false
}

func ns(x float64) time.Duration { return time.Duration(x).Round(time.Microsecond) }
