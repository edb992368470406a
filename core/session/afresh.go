package session

import (
	"context"
	"time"

	"github.com/assay-bench/assay/core/proto/pluginv1"
	"github.com/assay-bench/assay/core/record"
)

// afresh takes each sample of a visit from a preparation of its own: with inputs
// that no sample before had, and with checks before and after it. What is remembered
// of earlier inputs, or written once only, is wrong then.
func (s visit) afresh(ctx context.Context, r *runner, v *record.Visit, measure func(handle string, samples int) (*pluginv1.Done, error)) (done *pluginv1.Done, err error) {
	var all observations
	for i := s.taken; i < s.samples; i++ {
		x := r.round()
		name := handle(len(x.x.Arms) + (s.index-1)*s.samples + i) // those of the round come before
		if err := s.prepare(ctx, r, v, name, i); err != nil {
			return nil, err
		}
		observed, began := r.observe(s.variant), r.s.Clock.Now()
		d, err := measure(name, 1)
		all.add(observed(), r.s.Clock.Now().Sub(began))
		if err != nil {
			return nil, err
		}
		if done == nil || d.GetPeakDeviceBytes() > done.GetPeakDeviceBytes() {
			done = d
		}
		out, err := r.release(ctx, s.variant, name)
		if err != nil {
			return nil, err
		}
		v.Checks = record.KeepFailed(v.Checks, checksOf(out.GetChecks(), "after"))
	}
	v.Observed = all.mean()
	return done, nil
}

// prepare gives all arms the same inputs in the same place of the order.
func (s visit) prepare(ctx context.Context, r *runner, v *record.Visit, name string, sample int) error {
	m, arm, x := r.doc.Experiment.Measure, variantNamed(openCase(r.doc), s.variant), r.round()
	ctx, cancel := limited(ctx, m.Prepare, "prepare_timeout")
	defer cancel()
	p, diags, err := r.process(s.variant).PrepareCase(ctx, &pluginv1.PrepareCaseRequest{
		Handle: name, ConfigJson: arm.Config, ConfigDigest: digestOf(arm.Config), Cache: m.Cache, Phases: m.Phases,
		Seed: derive(x.x.Seed, s.caseID, "inputs of "+s.phase, s.pass<<32|sample),
	}, func(*pluginv1.Progress) {})
	if err != nil {
		return err
	}
	if err := refused(diags); err != nil {
		return err
	}
	v.Checks = record.KeepFailed(v.Checks, checksOf(p.GetChecks(), "before"))
	return nil
}

// observations of the parts of a visit, for their mean over the time of all.
type observations struct {
	sum record.Observation
	ns  float64
}

func (o *observations) add(x record.Observation, took time.Duration) {
	t := float64(max(took, 1))
	sum := &o.sum
	if o.ns == 0 {
		sum.MHzBefore = x.MHzBefore
	}
	o.ns += t
	sum.MHzAfter, sum.TreeRSS, sum.LoadUnknown = x.MHzAfter, max(sum.TreeRSS, x.TreeRSS), sum.LoadUnknown || x.LoadUnknown
	sum.ForeignLoad, sum.WaitShare, sum.Steal = sum.ForeignLoad+t*x.ForeignLoad, sum.WaitShare+t*x.WaitShare, sum.Steal+t*x.Steal
	sum.TreeCPU, sum.IdleCPU = sum.TreeCPU+t*x.TreeCPU, sum.IdleCPU+t*x.IdleCPU
}

func (o *observations) mean() record.Observation {
	out := o.sum
	if o.ns > 0 {
		for _, x := range []*float64{&out.ForeignLoad, &out.WaitShare, &out.Steal, &out.TreeCPU, &out.IdleCPU} {
			*x /= o.ns
		}
	}
	return out
}
