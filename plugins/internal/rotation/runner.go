package rotation

import (
	"context"
	"time"

	"github.com/assay-bench/assay/metal"
)

// Ops are the dispatches of one iteration.
type Ops func(iteration int) ([]metal.Dispatch, error)

// Replay decides n iterations now and replays them.
func Replay(dev metal.Device, n int, ops Ops) (Runner, error) {
	iterations := make([][]metal.Dispatch, n)
	for i := range iterations {
		var err error
		if iterations[i], err = ops(i); err != nil {
			return nil, err
		}
	}
	return dev.Record(iterations...)
}

// Resubmit decides and submits every iteration at the time it runs, and waits
// for it. Deciding counts as encode.
func Resubmit(dev metal.Device, n int, ops Ops) Runner {
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
