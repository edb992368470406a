package session

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/assay-bench/assay/core/config"
	"github.com/assay-bench/assay/core/process"
	"github.com/assay-bench/assay/core/proto/pluginv1"
	"github.com/assay-bench/assay/core/record"
)

// warmUp runs windows as long as a sample until they have settled, or warmup_max
// is over. It finds how long an iteration takes.
type warmUp struct {
	at
	after      int // index of the visit before it, 0: the first warm-up of the phase
	iterations uint64
	sampleNs   int64
	again      bool
}

func (s warmUp) do(ctx context.Context, r *runner) error {
	if err := r.begin(s.at, "", 0); err != nil {
		return err
	}
	x := r.round()
	var windows []float64
	w := record.Warmup{Variant: s.variant, Phase: s.phase, Visit: s.after, Spread: math.MaxFloat64, Iterations: s.iterations, Remade: x.remade(s.again)}
	_, err := r.measure(ctx, s.at, &pluginv1.Start{Phase: s.phase, Iterations: s.iterations, SampleNs: s.sampleNs}, func(m *pluginv1.Sample, _ int64) (bool, error) {
		windows = append(windows, float64(m.GetWallNs())/float64(m.GetIterations()))
		w.Iterations = m.GetIterations()
		w.Stable = settled(windows)
		return w.Stable || r.took() >= r.doc.Experiment.Measure.WarmupMax, nil
	})
	if err != nil {
		return err
	}
	w.Windows, w.Ns = len(windows), r.took()
	w.PerNs = warmTime(windows)
	if last := lastWindows(windows); len(last) > 1 {
		w.Spread = slices.Max(last)/slices.Min(last) - 1
	}
	if w.Scaling, err = s.scaling(ctx, r, w); err != nil {
		return err
	}
	return r.emit(record.WarmupEvent{Case: s.caseID, Round: s.round, Warmup: w})
}

// visit takes the samples of one arm, each journaled before the plugin may go
// on.
type visit struct {
	at
	pass, index int
	taken       int // samples that it has already, from before its session ended early
	samples     int
	iterations  uint64
	sampleNs    int64
}

func (s visit) do(ctx context.Context, r *runner) error {
	if err := s.coolDown(ctx, r); err != nil {
		return err
	}
	if err := r.begin(s.at, "", s.index); err != nil {
		return err
	}
	e := record.VisitEvent{Case: s.caseID, Round: s.round}
	v := &e.Visit
	*v = record.Visit{Index: s.index, Variant: s.variant, Phase: s.phase, Pass: s.pass, Started: r.since}
	if s.taken < s.samples {
		done, err := s.measure(ctx, r, v)
		if err != nil {
			return err
		}
		if e.Kernels, err = kernelsOf(done); err != nil {
			return err
		}
	}
	if e.Kernels != nil {
		v.Kernels = e.Kernels.Digest
		if _, known := variantNamed(openCase(r.doc), s.variant).Kernels[s.phase]; known {
			e.Kernels = nil
		}
	}
	if s.taken > 0 { // nobody knows what the session that ended early saw
		v.Observed.LoadUnknown = true
	}
	v.Unmet = r.outside(ctx, v.Observed)
	if !r.doc.Metadata.Device.Simulated { // its times are no measurements, so that nothing disturbs them
		v.Reasons = append(contamination(v.Observed), v.Unmet...)
	}
	v.Contaminated = len(v.Reasons) > 0
	return r.emit(e)
}

func (s visit) measure(ctx context.Context, r *runner, v *record.Visit) (*pluginv1.Done, error) {
	taken := s.taken
	measure := func(handle string, samples int) (*pluginv1.Done, error) {
		before := taken
		return r.measure(ctx, s.at, &pluginv1.Start{
			Handle: handle, Phase: s.phase, Iterations: s.iterations, SampleNs: s.sampleNs, Samples: uint32(samples),
		}, func(m *pluginv1.Sample, host int64) (bool, error) {
			sample := sampleOf(m)
			sample.HostNs = host
			sample.Seq += uint64(before)
			taken++
			return false, r.emit(record.SampleEvent{
				Case: s.caseID, Round: s.round, Visit: s.index, Variant: s.variant, Phase: s.phase, Sample: sample,
			})
		})
	}
	var done *pluginv1.Done
	var err error
	if r.doc.Experiment.Measure.Inputs == config.PerSample {
		done, err = s.afresh(ctx, r, v, measure)
	} else {
		observed := r.observe(s.variant)
		done, err = measure(r.round().handle(s.variant), s.samples-s.taken)
		v.Observed = observed()
	}
	v.HostNs = r.took()
	if err != nil {
		return nil, err
	}
	if done.GetPeakDeviceBytes() < 0 {
		return nil, fmt.Errorf("%w: a peak of %d bytes of device memory", errNumbers, done.GetPeakDeviceBytes())
	}
	v.PeakBytes = done.GetPeakDeviceBytes()
	return done, nil
}

// measure is one Measure call with what all of them share. onSample hears with each
// sample how long the plugin took for it by the host's clock: from the ack before
// it, or for the first that of the last intent, to its arrival. What the host does meanwhile is not in
// it, and intents between samples are.
func (r *runner) measure(ctx context.Context, a at, start *pluginv1.Start, onSample func(*pluginv1.Sample, int64) (bool, error)) (*pluginv1.Done, error) {
	if start.Handle == "" {
		start.Handle = r.round().handle(a.variant)
	}
	start.HeartbeatNs = r.doc.Experiment.Measure.Heartbeat
	var lost error
	turn, sampled := r.s.Clock.Now(), false
	done, err := r.process(a.variant).Measure(ctx, start, process.MeasureHandler{
		SampleTimeout: time.Duration(r.doc.Experiment.Measure.Sample),
		OnSample: func(m *pluginv1.Sample) (bool, error) {
			host := r.s.Clock.Now().Sub(turn).Nanoseconds()
			enough, err := onSample(m, host)
			turn, sampled = r.s.Clock.Now(), true
			return enough, err
		},
		OnIntent: func(i *pluginv1.Intent) error {
			var err error
			if !a.trial {
				err = r.emit(record.IntentEvent{Case: a.caseID, Round: a.round, Variant: a.variant, Seq: i.GetSeq(), What: i.GetWhat()})
			}
			if !sampled {
				turn = r.s.Clock.Now()
			}
			return err
		},
		OnDiagnostic: func(d *pluginv1.Diagnostic) {
			if lost == nil {
				lost = r.emit(record.StepEvent{
					Case: a.caseID, Round: a.round, Variant: a.variant, Phase: a.phase, Stage: a.stage, Detail: d.GetSummary() + ": " + d.GetDetail(),
				})
			}
		},
	})
	return done, errors.Join(lost, err)
}
