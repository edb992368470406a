package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/assay-bench/assay/core/sdk"
	"github.com/assay-bench/assay/core/sdk/child"
)

// repeated is a program that is started whenever there is no figure left.
type repeated struct {
	*program
	status int // how it must end

	left    map[string][]float64 // times of one iteration in ns, by phase, not given out yet
	metrics map[string]float64   // of the last start
	batch   map[string]int       // iterations that a sample stands for, by phase
}

func newRepeated(ctx context.Context, p *program, status int) (*repeated, error) {
	r := &repeated{program: p, status: status, batch: map[string]int{}}
	if err := r.once(ctx); err != nil {
		return nil, err
	}
	return r, nil
}

func (r *repeated) prepared() *sdk.Prepared {
	out := &sdk.Prepared{
		Checks: r.fidelity.checks(), Facts: r.facts(), Outputs: r.fidelity.outputs(), Metrics: r.metrics, Phases: map[string]sdk.Timed{},
		BeginVisit:    func(string) { r.left = nil },
		SampleMetrics: func() map[string]float64 { return r.metrics },
		// Every start was checked when it ended.
		Check: func(context.Context) ([]sdk.Check, map[string]float64, error) { return r.fidelity.checks(), nil, nil },
	}
	for name, n := range r.batch {
		out.Phases[name] = sdk.Timed{
			Units: 1, Iterations: n, Partial: true,
			OwnTimes: func(ctx context.Context, n int) (sdk.Times, error) { return r.next(ctx, name, n) },
		}
		out.Facts["figures_"+name] = fmt.Sprintf("%d in each start", len(r.left[name]))
	}
	return out
}

// next is the next figure, or the first one of another start.
func (r *repeated) next(ctx context.Context, phase string, n int) (sdk.Times, error) {
	if len(r.left[phase]) == 0 {
		if err := r.once(ctx); err != nil {
			return sdk.Times{}, err
		}
	}
	ns := r.left[phase][0]
	r.left[phase] = r.left[phase][1:]
	return sdk.Times{Wall: time.Duration(ns * float64(n))}, nil
}

// once starts the program, waits for its end and takes its figures.
func (r *repeated) once(ctx context.Context) error {
	in := newReading(r.sources, r.want)
	out, errs := &lines{emit: in.stdout}, &lines{emit: in.stderr}
	if r.stdin != nil {
		if _, err := r.stdin.Seek(0, io.SeekStart); err != nil {
			return err
		}
	}
	c, err := r.start(ctx, child.Spec{Stdin: r.stdin, Stdout: out, Stderr: errs}, nil)
	if err != nil {
		return err
	}
	if err := r.await(ctx, c, nil); err != nil {
		return err
	}
	out.flush()
	errs.flush()
	exit := c.Exit()
	if exit.State.ExitCode() != r.status {
		return fmt.Errorf("%s, want exit status %d; %s", exit.State, r.status, last(c.Tail()))
	}
	found, err := in.done()
	if err != nil {
		return fmt.Errorf("%w; %s", err, last(c.Tail()))
	}
	r.fidelity.add(&in.output)
	return r.take(found, exit)
}

// take turns the figures of one start into times and metrics.
func (r *repeated) take(found map[string][]float64, exit child.Exit) error {
	r.left, r.metrics = map[string][]float64{}, map[string]float64{}
	for i := range r.sources {
		s := &r.sources[i]
		figures := found[s.key()]
		switch {
		case !s.phase:
			r.metrics[s.name] = figures[len(figures)-1]
			continue
		case s.wall:
			r.left[s.name] = []float64{float64(exit.Wall.Nanoseconds())}
		default:
			for _, x := range figures {
				r.left[s.name] = append(r.left[s.name], s.unit.ns(x))
			}
		}
		if r.batch[s.name] == 0 {
			r.batch[s.name] = batch(r.left[s.name][0])
		}
		if err := believable(s, r.left[s.name], r.batch[s.name], exit.Wall); err != nil {
			return err
		}
	}
	if r.peak {
		r.metrics[peakMetric] = peakMemory(exit)
	}
	return nil
}

// believable holds the times of one start against the clock: a sample is at
// least a nanosecond, and all of them together take no longer than the start.
func believable(s *source, list []float64, n int, wall time.Duration) error {
	sum := 0.0
	for _, ns := range list {
		if ns*float64(n) < 1 {
			return fmt.Errorf("%s: a time of %g ns; %d of it, which make a sample here, are less than 1 ns; is the unit right?", s, ns, n)
		}
		sum += ns * float64(n)
	}
	if sum > float64(wall.Nanoseconds()) {
		return fmt.Errorf("%s: the figures of this start are times of %v in all, but the program ran for %v; is the unit right?",
			s, time.Duration(min(sum, 1e18)).Round(time.Microsecond), wall.Round(time.Microsecond))
	}
	return nil
}
