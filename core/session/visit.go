package session

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/assay-bench/assay/core/process"
	"github.com/assay-bench/assay/core/proto/pluginv1"
	"github.com/assay-bench/assay/core/record"
	"github.com/assay-bench/assay/core/stats"
)

const (
	// warmupWindows that must agree within warmupAgree before a variant counts as warm.
	warmupWindows = 3
	warmupAgree   = 0.01
)

// warmUp runs windows as long as a sample until the last ones agree, or
// warmup_max is over. It leaves how long an iteration takes.
func (r *round) warmUp(ctx context.Context, a *arm, phase string) error {
	r.at("warm-up", a, phase)
	m := r.experiment.config.Measure
	key, began := armPhase{a.name, phase}, time.Now()
	var windows []float64
	w := record.Warmup{Variant: a.name, Phase: phase, Spread: math.MaxFloat64}
	_, err := r.measure(ctx, &pluginv1.Start{
		Handle: r.handles[a.name], Phase: phase, Iterations: r.iterations(key), SampleNs: r.sampleNs(phase),
	}, process.MeasureHandler{
		OnSample: func(s *pluginv1.Sample) (bool, error) {
			windows = append(windows, float64(s.GetWallNs())/float64(s.GetIterations()))
			if n := len(windows); n >= warmupWindows {
				last := windows[n-warmupWindows:]
				w.Spread = slices.Max(last)/slices.Min(last) - 1
				w.Stable = w.Spread <= warmupAgree
			}
			return w.Stable || time.Since(began) >= m.WarmupMax, nil
		},
	})
	if err != nil {
		return err
	}
	w.Windows, w.Ns = len(windows), time.Since(began).Nanoseconds()
	per := stats.Median(windows[max(0, len(windows)-warmupWindows):])
	r.perIteration[key] = per
	w.Iterations = r.iterations(key)
	return r.emit(record.KindWarmup, record.WarmupEvent{Case: r.config.ID, Round: r.number, Warmup: w})
}

// visit takes the samples of one variant, each journaled before the plugin may
// go on.
func (r *round) visit(ctx context.Context, a *arm, phase string, pass int) (*record.Visit, error) {
	r.visits++
	r.at("visit", a, phase)
	v := &record.Visit{Index: r.visits, Variant: a.name, Phase: phase, Pass: pass, Started: time.Now().UTC()}
	var wall int64
	observed, began := r.Observe(r.proc.PID()), time.Now()
	done, err := r.measure(ctx, &pluginv1.Start{
		Handle: r.handles[a.name], Phase: phase, Iterations: r.iterations(armPhase{a.name, phase}),
		SampleNs: r.sampleNs(phase), Samples: uint32(r.samplesOf(phase)),
	}, process.MeasureHandler{
		OnSample: func(s *pluginv1.Sample) (bool, error) {
			wall += s.GetWallNs()
			sample := sampleOf(s)
			r.report(Event{
				Kind: SampleTaken, Case: r.config.ID, Variant: a.name, Phase: phase, Round: r.index, Done: r.visits, Total: r.total,
				PerIteration: time.Duration(float64(sample.WallNs) / float64(sample.Iterations)),
			})
			return false, r.emit(record.KindSample, record.SampleEvent{
				Case: r.config.ID, Round: r.number, Visit: v.Index, Variant: a.name, Phase: phase, Sample: sample,
			})
		},
	})
	v.HostNs, v.Observed = time.Since(began).Nanoseconds(), observed()
	if err != nil {
		return v, err
	}
	if wall > v.HostNs {
		return v, fmt.Errorf("%w: the samples of this visit claim %v of wall time, but the host's clock saw %v",
			errClock, time.Duration(wall), time.Duration(v.HostNs))
	}
	r.peaks[a.name] = max(r.peaks[a.name], done.GetPeakDeviceBytes())
	v.Reasons = contamination(v.Observed)
	v.Contaminated = len(v.Reasons) > 0
	return v, r.emit(record.KindVisit, record.VisitEvent{Case: r.config.ID, Round: r.number, Visit: *v})
}

// measure is one Measure call with what all of them share.
func (r *round) measure(ctx context.Context, start *pluginv1.Start, h process.MeasureHandler) (*pluginv1.Done, error) {
	began := time.Now()
	defer func() { r.result.Session.Overhead.Visits += time.Since(began).Nanoseconds() }()
	start.HeartbeatNs = r.experiment.config.Measure.HeartbeatTimeout.Nanoseconds()
	a := r.blame
	h.OnIntent = func(i *pluginv1.Intent) error {
		return r.emit(record.KindIntent, record.IntentEvent{
			Case: r.config.ID, Round: r.number, Variant: a.name, Seq: i.GetSeq(), What: i.GetWhat(),
		})
	}
	h.OnDiagnostic = func(d *pluginv1.Diagnostic) {
		r.report(Event{Kind: Noted, Case: r.config.ID, Variant: a.name, Text: d.GetSummary() + ": " + d.GetDetail()})
	}
	return r.proc.Measure(ctx, start, h)
}

// leastSamples of a visit whose iterations are long.
const leastSamples = 2

// settleSamples fixes how many samples a visit of this phase takes in this
// round: as many as were asked for, but no more than there are iterations of the
// slowest arm in a visit. Every arm takes the same number, because the fastest
// of more samples is faster.
func (r *round) settleSamples(phase string) {
	m, slowest := r.experiment.config.Measure, 0.0
	for _, a := range r.arms {
		slowest = max(slowest, r.perIteration[armPhase{a.name, phase}])
	}
	r.samples[phase] = min(m.Samples, max(leastSamples, int(float64(m.Visit.Nanoseconds())/slowest)))
}

// samplesOf is what settleSamples fixed, or before it what was asked for.
func (r *round) samplesOf(phase string) int {
	if n := r.samples[phase]; n > 0 {
		return n
	}
	return r.experiment.config.Measure.Samples
}

func (r *round) sampleNs(phase string) int64 {
	return r.experiment.config.Measure.Visit.Nanoseconds() / int64(r.samplesOf(phase))
}

// iterations that fill a sample, or 0 while that is not known.
func (r *round) iterations(key armPhase) uint64 {
	per := r.perIteration[key]
	if per <= 0 {
		return 0
	}
	return max(1, uint64(math.Round(float64(r.sampleNs(key.phase))/per)))
}

// errClock is a plugin whose times cannot be true.
var errClock = errors.New("the plugin's clock cannot be right")
