package record

import (
	"fmt"
	"math"
	"slices"

	"github.com/assay-bench/assay/core/judge"
	"github.com/assay-bench/assay/core/stats"
)

// Summarize computes from the raw rounds everything that is derived: per
// variant medians, ratios and metrics, controls, judgements and the verdict.
// It uses nothing but the document, so that a document judged again offline
// gives what its session gave. Selections and the authors' messages of asserts are
// the session's.
func (r *Result) Summarize() error {
	for i := range r.Cases {
		if err := r.SummarizeCase(&r.Cases[i]); err != nil {
			return err
		}
	}
	if err := r.judge(); err != nil {
		return err
	}
	r.judgeAsserts()
	r.Verdict = r.overall()
	r.Findings = append(r.PluginFindings(), r.sameKernels()...)
	return nil
}

// SummarizeCase does the part that concerns one case only: medians, ratios,
// metrics and controls.
func (r *Result) SummarizeCase(c *Case) error {
	if err := r.summarizeCase(c); err != nil {
		return fmt.Errorf("case %q: %w", c.ID, err)
	}
	return nil
}

func (r *Result) summarizeCase(c *Case) error {
	base := c.baseline()
	if base == nil {
		return fmt.Errorf("no baseline")
	}
	for i := range c.Variants {
		v := &c.Variants[i]
		v.collect(base.Name, c)
		var err error
		if v.SamplesSHA, err = samplesDigests(v.Name, c.Rounds); err != nil {
			return fmt.Errorf("variant %q: %w", v.Name, err)
		}
		v.Phases = map[string]PhaseSummary{}
		for _, phase := range r.Experiment.Measure.Phases {
			s, err := r.summarizePhase(c, v, phase)
			if err != nil {
				return fmt.Errorf("variant %q, phase %q: %w", v.Name, phase, err)
			}
			if s.Rounds > 0 {
				v.Phases[phase] = s
			}
		}
		r.findDefects(c, v)
	}
	var err error
	c.Controls, err = r.controls(c)
	return err
}

func (c *Case) baseline() *Variant {
	i := slices.IndexFunc(c.Variants, func(v Variant) bool { return v.Role == RoleBaseline })
	if i < 0 {
		return nil
	}
	return &c.Variants[i]
}

// Times of a variant, and of the baseline, in one counted round that has both:
// nanoseconds per iteration. The log-ratio is that of LogRatio.
type Times struct {
	Wall, Device, Encode, Base, LogRatio float64
	round                                *Round
}

// Times are those that the summary of a variant in a phase is made of.
func (c *Case) Times(variant, phase string) (out []Times) {
	base := c.baseline()
	if base == nil {
		return nil
	}
	for i := range c.Rounds {
		d := &c.Rounds[i]
		if !d.Counted {
			continue
		}
		wall, device, encode, ok := d.PerIteration(variant, phase)
		baseWall, _, _, baseOK := d.PerIteration(base.Name, phase)
		ratio, ratioOK := d.LogRatio(base.Name, variant, phase)
		if ok && baseOK && ratioOK {
			out = append(out, Times{wall, device, encode, baseWall, ratio, d})
		}
	}
	return out
}

func (r *Result) summarizePhase(c *Case, v *Variant, phase string) (PhaseSummary, error) {
	s := PhaseSummary{LogRatios: []float64{}}
	var walls, devices, encodes, baseWalls, ratios []float64
	for _, t := range c.Times(v.Name, phase) {
		walls, devices, encodes = append(walls, t.Wall), append(devices, t.Device), append(encodes, t.Encode)
		baseWalls, ratios = append(baseWalls, t.Base), append(ratios, t.LogRatio)
		for _, p := range t.round.Prepared {
			if p.Variant == v.Name {
				s.Units, s.Bytes = p.Phases[phase].Units, p.Phases[phase].Bytes
			}
		}
	}
	if s.Rounds = len(walls); s.Rounds == 0 {
		return s, nil
	}
	ci, err := stats.MedianCI(walls, r.confidence())
	if err != nil {
		return s, err
	}
	s.WallNs = Estimate{Value: ci.Median, Lower: finiteOr(ci.Low, slices.Min(walls)), Upper: finiteOr(ci.High, slices.Max(walls))}
	s.DeviceNs, s.EncodeNs = stats.Median(devices), stats.Median(encodes)
	if s.WallNs.Value > 0 {
		s.UnitsPerSec = finiteOr(s.Units/s.WallNs.Value*1e9, 0) // a journal that others wrote holds any number
	}
	if t := firstPositive(s.DeviceNs, s.WallNs.Value); t > 0 {
		s.GBps = float64(s.Bytes) / t
	}
	if rate := r.Metadata.Device.CopyRate; rate > 0 {
		s.CopyShare = finiteOr(s.GBps*1e9/rate, 0)
	}
	if s.Share, err = r.share(c, v.Name, phase); err != nil {
		return s, err
	}
	if v.Role == RoleBaseline {
		return s, nil
	}
	s.LogRatios = ratios
	s.Ratio, err = r.ratio(ratios, stats.Median(baseWalls)/stats.Median(walls))
	return s, err
}

func (r *Result) ratio(logRatios []float64, median float64) (*Ratio, error) {
	p, err := stats.NewPaired(logRatios)
	if err != nil {
		return nil, err
	}
	lo, hi, err := bounds(p, 1-r.confidence())
	if err != nil {
		return nil, err
	}
	return &Ratio{Estimate: math.Exp(p.Estimate()), Median: median, Lower: lo, Upper: hi}, nil
}

func bounds(p *stats.Paired, alpha float64) (lo, hi *float64, err error) {
	l, err := p.Lower(alpha)
	if err != nil {
		return nil, nil, err
	}
	h, err := p.Upper(alpha)
	if err != nil {
		return nil, nil, err
	}
	if !l.Open {
		v := math.Exp(l.Value)
		lo = &v
	}
	if !h.Open {
		v := math.Exp(h.Value)
		hi = &v
	}
	return lo, hi, nil
}

func (r *Result) controls(c *Case) ([]Control, error) {
	out := []Control{}
	for _, v := range c.Variants {
		if v.Role != RoleControl {
			continue
		}
		for _, phase := range r.Experiment.Measure.Phases {
			s, ok := v.Phases[phase]
			if !ok {
				continue
			}
			k := Control{Phase: phase, Rounds: s.Rounds, Estimate: s.Ratio.Estimate, Lower: s.Ratio.Lower, Upper: s.Ratio.Upper, Spread: stats.StdDev(s.LogRatios)}
			if k.Lower != nil && k.Upper != nil {
				half := (math.Log(*k.Upper) - math.Log(*k.Lower)) / 2
				floor := judge.AsLoss(half)
				k.NoiseFloor = &floor
			}
			out = append(out, k)
		}
	}
	return out, nil
}

// collect gathers what the plugin said of the variant over all rounds. Metrics are
// medians over the rounds that count: those of a round that was measured again
// would else count as often as it was.
func (v *Variant) collect(base string, c *Case) {
	metrics := map[string][]float64{}
	var prepare []float64
	if v.Facts == nil {
		v.Facts = map[string]string{}
	}
	v.collectChecks(base, c.everyRound())
	for i := range c.Rounds {
		d := &c.Rounds[i]
		for _, p := range d.Prepared {
			if p.Variant != v.Name {
				continue
			}
			v.Facts, v.DeviceBytes = p.Facts, p.DeviceBytes
			prepare = append(prepare, float64(p.PrepareNs))
		}
		for _, p := range d.Released {
			if p.Variant == v.Name {
				v.PeakBytes = max(v.PeakBytes, p.PeakBytes)
			}
		}
		if d.Counted {
			addMetrics(metrics, d.Metrics(v.Name))
		}
	}
	v.Metrics = map[string]float64{}
	for name, values := range metrics {
		v.Metrics[name] = stats.Median(values)
	}
	if len(prepare) > 0 {
		v.PrepareNs = int64(stats.Median(prepare))
	}
}

func addMetrics(to map[string][]float64, from map[string]float64) {
	for name, v := range from {
		if !math.IsNaN(v) && !math.IsInf(v, 0) {
			to[name] = append(to[name], v)
		}
	}
}

func (r *Result) confidence() float64 {
	if c := r.Experiment.Measure.Confidence; c > 0 {
		return c
	}
	return 0.95
}

func finiteOr(x, otherwise float64) float64 {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return otherwise
	}
	return x
}

func firstPositive(xs ...float64) float64 {
	for _, x := range xs {
		if x > 0 {
			return x
		}
	}
	return 0
}
