package record

import (
	"fmt"
	"math"
	"slices"

	"github.com/assay-bench/assay/core/judge"
	"github.com/assay-bench/assay/core/stats"
)

// quantity is what the rounds of a case say of a guardrail's quantity, where that
// is not the speed of a phase.
func (r *Result) quantity(c *Case, g Guardrail) judge.Quantity {
	q := judge.Quantity{Guardrail: g.Name}
	base := c.baseline()
	if base == nil {
		return q
	}
	if g.Against != "" {
		return r.against(c, g)
	}
	read := newReader(c, g)
	for i := range c.Variants {
		v := &c.Variants[i]
		switch {
		case v.Role == RoleVariant:
			q.Variants = append(q.Variants, r.arm(read, base.Name, v.Name))
		case v.Role == RoleControl && !g.Absolute():
			q.Control = r.arm(read, base.Name, v.Name)
		case v.Role == RoleBaseline && g.Absolute():
			q.Baseline = r.arm(read, base.Name, v.Name)
		}
	}
	return q
}

// arm is one variant's data, or why there is none.
func (r *Result) arm(read reader, base, variant string) judge.Arm {
	a := read.arm(base, variant)
	r.ended(read.c, &a, len(a.Values))
	return a
}

// reader takes the values of one guardrail out of the rounds of a case.
type reader struct {
	c   *Case
	g   Guardrail
	own bool // the plugin reports the metric itself
}

func newReader(c *Case, g Guardrail) reader {
	return reader{c: c, g: g, own: g.Metric != "" && c.reports(g.Metric)}
}

// arm is one variant's data: its values for an absolute bound, else what it is
// against the baseline.
func (x reader) arm(base, variant string) judge.Arm {
	a := judge.Arm{Name: variant}
	if a.Lacks = x.lacks(variant); a.Lacks != nil {
		return a
	}
	if x.g.Absolute() {
		a.Values = x.absolute(variant)
		return a
	}
	if a.Lacks = x.lacks(base); a.Lacks != nil {
		return a
	}
	var bases, own []float64
	for i := range x.c.Rounds {
		d := &x.c.Rounds[i]
		ratio, b, v, ok := x.ratioIn(d, base, variant)
		if !d.Counted || !ok {
			continue
		}
		if !(ratio > 0) || math.IsInf(ratio, 0) {
			a.Lacks = x.undefined(d, base, b, variant, v)
			return a
		}
		bases, own = append(bases, b), append(own, v)
		a.Values = append(a.Values, ratio)
		a.LogRatios = append(a.LogRatios, math.Log(ratio))
	}
	if len(own) > 0 {
		a.MedianRatio = stats.Median(bases) / stats.Median(own)
		if x.g.Better == "higher" {
			a.MedianRatio = 1 / a.MedianRatio
		}
		if !(a.MedianRatio > 0) || math.IsInf(a.MedianRatio, 0) {
			a.MedianRatio = 0
		}
	}
	return a
}

// ratioIn is how many times better than the baseline a variant is in a round, NaN
// where one of them is not above 0. ok is false where a value is missing.
func (x reader) ratioIn(d *Round, base, variant string) (ratio, b, v float64, ok bool) {
	b, baseOK := x.inRound(d, base)
	v, ok = x.inRound(d, variant)
	if x.g.Phase != "" && !x.g.Single() && baseOK && ok {
		ln, ok := d.LogRatio(base, variant, x.g.Phase) // pass by pass
		return math.Exp(ln), b, v, ok
	}
	switch {
	case !(b > 0 && v > 0):
		ratio = math.NaN()
	case x.g.Better == "higher":
		ratio = v / b
	default:
		ratio = b / v
	}
	return ratio, b, v, ok && baseOK
}

// RatioIn is how many times better than the baseline a variant is in one round,
// by the quantity of a relative guardrail of that name. ok is false where the
// round does not say.
func (r *Result) RatioIn(c *Case, guardrail string, d *Round, variant string) (ratio float64, ok bool) {
	i := slices.IndexFunc(r.Experiment.Guardrails, func(g Guardrail) bool { return g.Name == guardrail && g.Asks(c.ID) })
	base := c.baseline()
	if i < 0 || base == nil {
		return 0, false
	}
	ratio, _, _, ok = newReader(c, r.Experiment.Guardrails[i]).ratioIn(d, base.Name, variant)
	return ratio, ok && ratio > 0
}

func (x reader) undefined(d *Round, base string, b float64, variant string, v float64) *judge.Lack {
	return &judge.Lack{
		Reason: fmt.Sprintf("%s is %v of the baseline %q and %v of %q in round %d: a ratio of them means nothing", x.g.Of(), b, base, v, variant, d.Index),
		Next:   "bound the value itself: max = …", Invalid: true,
	}
}

// absolute lists the values that an absolute bound is held against: one a round,
// or all of them together.
func (x reader) absolute(variant string) []float64 {
	var out, all []float64
	for i := range x.c.Rounds {
		d := &x.c.Rounds[i]
		if !d.Counted {
			continue
		}
		if x.g.Metric != "" {
			all = append(all, x.metric(d, variant)...)
		}
		if v, ok := x.inRound(d, variant); ok {
			out = append(out, v)
		}
	}
	switch {
	case x.g.Metric != "" && x.g.Statistic == judge.Least && len(all) > 0:
		return []float64{slices.Min(all)}
	case x.g.Metric != "" && x.g.Statistic == judge.Most && len(all) > 0:
		return []float64{slices.Max(all)}
	}
	return out
}

// inRound is the value of a round. ok is false where the round has none.
func (x reader) inRound(d *Round, variant string) (value float64, ok bool) {
	if x.g.Metric != "" {
		return statistic(x.metric(d, variant), x.g.Statistic)
	}
	if x.g.Single() {
		value, ok = d.singles(variant, x.g.Phase).quantile(judge.Quantile(x.g.Statistic))
	} else {
		value, _, _, ok = d.PerIteration(variant, x.g.Phase)
	}
	if ok && x.g.MinRate != nil {
		units, known := d.units(variant, x.g.Phase)
		return units / value * 1e9, known && value > 0
	}
	return value, ok
}

func statistic(values []float64, name string) (float64, bool) {
	if len(values) == 0 {
		return 0, false
	}
	switch name {
	case judge.Least:
		return slices.Min(values), true
	case judge.Most:
		return slices.Max(values), true
	}
	return stats.Median(values), true
}

// quantile estimates the value that a share of all iterations does not exceed:
// between neighbours of rank (n+1/3)·share + 1/3, which is nearly unbiased in the
// median whatever the distribution (Hyndman & Fan, American Statistician 50,
// 1996, definition 8). The nearest rank would be low in every round, and rounds
// would prove it. A share of 1 is the largest value.
func quantile(values []float64, share float64) (float64, bool) {
	if len(values) == 0 {
		return 0, false
	}
	s := slices.Sorted(slices.Values(values))
	rank := math.Min(math.Max((float64(len(s))+1.0/3)*share+1.0/3, 1), float64(len(s)))
	below := int(rank)
	if below == len(s) || share == 1 {
		return s[len(s)-1], true
	}
	return s[below-1] + (rank-float64(below))*(s[below]-s[below-1]), true
}

// lacks says why a variant cannot be judged, nil where it can or has no rounds.
func (x reader) lacks(variant string) *judge.Lack {
	if x.g.Metric == peakHostBytes && !x.own && !x.c.separate() {
		return &judge.Lack{
			Reason: "all arms of this case share one process, so that its memory is not that of one arm",
			Next:   "measure with arms that have processes of their own (plugin, binary, env, device or build differ between variants), or with a metric of the plugin", Invalid: true,
		}
	}
	if x.g.Metric != "" && !x.g.Absolute() && x.g.Better == "" {
		return &judge.Lack{
			Reason: fmt.Sprintf("no plugin says whether more or less of %q is better, so that a ratio means nothing", x.g.Metric),
			Next:   "bound the value itself: min = … or max = …", Invalid: true,
		}
	}
	if !x.g.Single() {
		return nil
	}
	need := judge.SamplesFor(x.g.Statistic)
	for i := range x.c.Rounds {
		d := &x.c.Rounds[i]
		if !d.Counted {
			continue
		}
		all := d.singles(variant, x.g.Phase)
		switch {
		case all.batches > 0:
			return &judge.Lack{
				Reason: fmt.Sprintf("%d samples of %q in round %d hold more than one iteration: the plugin did not time single ones", all.batches, variant, d.Index),
				Next:   "use statistic = \"fastest\", or report it to the plugin's author: the phase is declared to time single iterations",
			}
		case all.n > 0 && all.n < need:
			return &judge.Lack{
				Reason: fmt.Sprintf("round %d has %d single iterations of %q, and %s takes %d: too few of them lie beyond it for an estimate that is as often too low as too high", d.Index, all.n, variant, x.g.Statistic, need),
				Next:   fmt.Sprintf("raise samples in the measure block to %d times as many, and visit, which must hold them; or passes", (need+all.n-1)/all.n),
			}
		}
	}
	return nil
}

// singles gathers the single iterations of a variant in a phase of the round.
func (d *Round) singles(variant, phase string) (out singles) {
	if d.Figures != nil {
		return d.Figures.singles[[2]string{variant, phase}]
	}
	d.visitsOf(variant, phase, func(v *Visit) {
		for i := range v.Samples.Len() {
			if v.Samples.Iterations[i] != 1 {
				out.batches++
				continue
			}
			out.times = append(out.times, float64(v.Samples.WallNs[i]))
		}
	})
	out.n = len(out.times)
	return out
}

// units that an iteration of a phase produces.
func (d *Round) units(variant, phase string) (units float64, ok bool) {
	for _, p := range d.Prepared {
		if f, has := p.Phases[phase]; p.Variant == variant && has {
			units, ok = f.Units, true
		}
	}
	return units, ok
}

// separate says that arms run different programs, so that each has a process of
// its own.
func (c *Case) separate() bool {
	return slices.ContainsFunc(c.Variants, func(v Variant) bool { return v.Program != c.Variants[0].Program })
}
