package kernels

import (
	"context"
	"time"

	"github.com/assay-bench/assay/metal"
)

// Sequence collects dispatches; the first failure is kept.
type Sequence struct {
	dispatches []metal.Dispatch
	err        error
}

// Add takes what a builder of package kernels returned.
func (s *Sequence) Add(d []metal.Dispatch, err error) {
	if s.err == nil {
		s.err = err
		s.dispatches = append(s.dispatches, d...)
	}
}

// Done is the whole sequence.
func (s *Sequence) Done() ([]metal.Dispatch, error) { return s.dispatches, s.err }

// Ops are the dispatches of one iteration of a rotation.
type Ops func(iteration int) ([]metal.Dispatch, error)

// Replay decides the n iterations of a rotation now and replays them.
func Replay(dev metal.Device, n int, ops Ops) (metal.Program, error) {
	iterations := make([][]metal.Dispatch, n)
	for i := range iterations {
		var err error
		if iterations[i], err = ops(i); err != nil {
			return nil, err
		}
	}
	return dev.Record(iterations...)
}

// Resubmit decides and submits each iteration of a rotation of n when it runs,
// and waits for it. Deciding counts as encode.
func Resubmit(dev metal.Device, n int, ops Ops) metal.Program {
	return &resubmitter{dev: dev, n: n, ops: ops}
}

type resubmitter struct {
	dev     metal.Device
	n, next int
	ops     Ops
}

func (r *resubmitter) Run(ctx context.Context, n int) (metal.Times, error) {
	var sum metal.Times
	begin := time.Now()
	for range n {
		start := time.Now()
		dispatches, err := r.ops(r.next)
		decided := time.Since(start)
		if err != nil {
			return sum, err
		}
		t, err := r.dev.Submit(ctx, dispatches)
		if err != nil {
			return sum, err
		}
		r.next = (r.next + 1) % r.n
		sum.Device += t.Device
		sum.Encode += t.Encode + decided
	}
	sum.Wall = time.Since(begin)
	return sum, nil
}

func (r *resubmitter) Release() {}
