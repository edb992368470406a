package cpu

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/internal/front"
)

// program is bound iterations, replayed in rotation.
type program struct {
	dev        *device
	iterations [][]step
	next       int // the iteration that runs next
	arena      arena
}

// step is one bound dispatch.
type step struct {
	kernel *kernel
	task   task
}

func (d *device) Record(iterations [][]metal.Dispatch) (front.Program, error) {
	p := &program{dev: d, arena: arena{d: d}}
	b := binder{dev: d, arena: &p.arena}
	for i, dispatches := range iterations {
		steps, err := b.steps(nil, dispatches)
		if err != nil {
			p.arena.release()
			return nil, fmt.Errorf("iteration %d: %w", i, err)
		}
		p.iterations = append(p.iterations, steps)
	}
	return p, nil
}

func (b *binder) steps(steps []step, dispatches []metal.Dispatch) ([]step, error) {
	for i := range dispatches {
		t, err := b.bind(&dispatches[i])
		if err != nil {
			return nil, fmt.Errorf("dispatch %d: %w", i, err)
		}
		steps = append(steps, step{b.k, t})
	}
	return steps, nil
}

// Run replays n iterations. The context is looked at before every dispatch.
func (p *program) Run(ctx context.Context, n int) (metal.Times, error) {
	start := time.Now()
	p.dev.pool.begin()
	first := time.Now()
	err := p.replay(ctx, n)
	end := time.Now()
	p.dev.pool.end()
	return metal.Times{Device: end.Sub(first), Encode: first.Sub(start), Wall: end.Sub(start)}, err
}

func (p *program) replay(ctx context.Context, n int) error {
	for range n {
		if err := runSteps(ctx, p.dev.pool, p.iterations[p.next]); err != nil {
			return err
		}
		metal.Beat(ctx)
		if p.next++; p.next == len(p.iterations) {
			p.next = 0
		}
	}
	return nil
}

func runSteps(ctx context.Context, p *pool, steps []step) error {
	for i := range steps {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("stopped before dispatch %d (%s): %w", i, steps[i].kernel.Name(), err)
		}
		if err := steps[i].task.run(p); err != nil {
			if !errors.Is(err, metal.ErrFault) {
				err = steps[i].kernel.fault("%v", err)
			}
			return fmt.Errorf("dispatch %d: %w", i, err)
		}
	}
	return nil
}

func (p *program) Free() { p.arena.release() }

// Submit binds and runs dispatches once.
func (d *device) Submit(ctx context.Context, dispatches []metal.Dispatch) (metal.Times, error) {
	start := time.Now()
	b := binder{dev: d, arena: &d.submit}
	steps, err := b.steps(make([]step, 0, len(dispatches)), dispatches)
	if err != nil {
		return metal.Times{}, fmt.Errorf("submit: %w", err)
	}
	d.pool.begin()
	first := time.Now()
	err = runSteps(ctx, d.pool, steps)
	end := time.Now()
	d.pool.end()
	return metal.Times{Device: end.Sub(first), Encode: first.Sub(start), Wall: end.Sub(start)}, err
}
