package session

import (
	"context"
	"math"
	"time"

	"github.com/assay-bench/assay/core/proto/pluginv1"
	"github.com/assay-bench/assay/core/record"
)

const (
	mostIterations = 1 << 30 // of a sample, for plugins that count in 32 bits
	// longestTrial is what a batch may take to be tried twice as long.
	longestTrial = 5 * time.Second
	trialBatches = 2
	// Where the fastest batches do not tell, as on a busy machine, more are made.
	mostRepeats   = 6
	longestRepeat = 3 * time.Second
	firstLook     = 20 * time.Millisecond
	// Beside programs that keep a core busy a thread may wait for longer than that
	// before it runs, and is not seen to wait until then.
	longLook  = 100 * time.Millisecond
	idleCores = 0.1
	// A plugin that is still busy at the first look may only collect garbage, or have
	// threads that wait busily for more work, which common runtimes do for 200 ms. So
	// it is given a batch of its own, longBatch long, and looked at after afterBatch.
	longBatch  = 100 * time.Millisecond
	afterBatch = 250 * time.Millisecond
	secondLook = 100 * time.Millisecond
)

// scaling tries whether twice as many iterations take longer, and whether the plugin
// rests when it has said that its work is over. Nil where that is known, or cannot
// be asked.
func (s warmUp) scaling(ctx context.Context, r *runner, w record.Warmup) (*record.Scaling, error) {
	x := r.round()
	batch := w.PerNs * float64(w.Iterations)
	if s.again || r.doc.Metadata.Device.Simulated || x.fixed(s.variant, s.phase) > 0 || batch > float64(longestTrial) || !x.c.WantsScaling(s.variant, s.phase) {
		return nil, nil
	}
	out := &record.Scaling{Iterations: max(1, min(w.Iterations, mostIterations/2))}
	began := r.s.Clock.Now()
	for i := 0; i == 0 || i < mostRepeats && !out.Scales() && r.s.Clock.Now().Sub(began) < longestRepeat; i++ {
		once, err := s.batches(ctx, r, out.Iterations, trialBatches)
		if err != nil {
			return nil, err
		}
		twice, err := s.batches(ctx, r, 2*out.Iterations, trialBatches)
		if err != nil {
			return nil, err
		}
		if i == 0 {
			out.OnceNs, out.TwiceNs = once, twice
		}
		out.OnceNs, out.TwiceNs = min(out.OnceNs, once), min(out.TwiceNs, twice)
	}
	var err error
	if out.CoresAfter, err = s.coresAfter(ctx, r, out); err == nil {
		err = ctx.Err() // a look that an interrupt cut short says nothing
	}
	return out, err
}

// batches is the time of the fastest of so many batches. The plugin is asked for no
// number of them, as in a warm-up: their samples are not kept either.
func (s warmUp) batches(ctx context.Context, r *runner, iterations uint64, n int) (fastest int64, err error) {
	start := &pluginv1.Start{Phase: s.phase, Iterations: iterations, SampleNs: s.sampleNs}
	trial := s.at
	trial.trial = true
	_, err = r.measure(ctx, trial, start, func(m *pluginv1.Sample, _ int64) (bool, error) {
		if fastest == 0 || m.GetWallNs() < fastest {
			fastest = m.GetWallNs()
		}
		n--
		return n <= 0, nil
	})
	return fastest, err
}

// coresAfter are those that the plugin keeps busy although nothing is asked of it.
func (s warmUp) coresAfter(ctx context.Context, r *runner, tried *record.Scaling) (float64, error) {
	o := s.look(ctx, r, 0, firstLook)
	if busy(o) < idleCores && o.ForeignLoad >= 1 {
		o = s.look(ctx, r, 0, longLook)
	}
	if busy(o) < idleCores {
		return busy(o), nil
	}
	per := float64(tried.OnceNs) / float64(tried.Iterations)
	n := min(max(1, math.Round(float64(longBatch)/per)), mostIterations)
	if _, err := s.batches(ctx, r, uint64(n), 1); err != nil {
		return 0, err
	}
	return busy(s.look(ctx, r, afterBatch, secondLook)), nil
}

// busy are the cores that processes use, or wait for beside other programs.
func busy(o record.Observation) float64 { return o.TreeCPU + o.WaitShare }

// look watches the arm's processes in a window that begins later.
func (s warmUp) look(ctx context.Context, r *runner, later, window time.Duration) record.Observation {
	s.rest(ctx, r, later)
	stop := r.observe(s.variant)
	s.rest(ctx, r, window)
	return stop()
}

func (s warmUp) rest(ctx context.Context, r *runner, d time.Duration) {
	if d == 0 {
		return
	}
	select {
	case <-r.s.Clock.After(d):
	case <-ctx.Done():
	}
}
