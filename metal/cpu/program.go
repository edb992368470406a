package cpu

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/assay-bench/assay/metal"
)

// program is bound iterations, replayed in rotation.
type program struct {
	dev        *device
	iterations [][]step
	next       int // the iteration that runs next
	buffers    []*buffer
	arena      arena
	released   bool
}

// step is one bound dispatch.
type step struct {
	kernel *kernel
	task   task
}

func (d *device) Record(iterations ...[]metal.Dispatch) (metal.Program, error) {
	if err := d.alive(); err != nil {
		return nil, err
	}
	if len(iterations) == 0 {
		return nil, errors.New("record: no iterations")
	}
	p := &program{dev: d, arena: arena{mem: &d.mem}}
	b := binder{dev: d, arena: &p.arena}
	for i, dispatches := range iterations {
		steps, err := b.steps(nil, dispatches)
		if err != nil {
			p.arena.release()
			return nil, fmt.Errorf("record: iteration %d: %w", i, err)
		}
		p.iterations = append(p.iterations, steps)
	}
	p.buffers = unique(b.buffers)
	return p, nil
}

func (b *binder) steps(steps []step, dispatches []metal.Dispatch) ([]step, error) {
	if len(dispatches) == 0 {
		return nil, errors.New("no dispatches")
	}
	for i := range dispatches {
		t, err := b.bind(&dispatches[i])
		if err != nil {
			return nil, fmt.Errorf("dispatch %d: %w", i, err)
		}
		steps = append(steps, step{b.k, t})
	}
	return steps, nil
}

func unique(buffers []*buffer) []*buffer {
	seen := make(map[*buffer]bool)
	var out []*buffer
	for _, b := range buffers {
		if !seen[b] {
			seen[b] = true
			out = append(out, b)
		}
	}
	return out
}

// Run replays n iterations. The context is looked at before every dispatch.
func (p *program) Run(ctx context.Context, n int) (metal.Times, error) {
	start := time.Now()
	if err := p.ready(n); err != nil {
		return metal.Times{}, err
	}
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
			return fmt.Errorf("stopped before dispatch %d (%s): %w", i, steps[i].kernel.name, err)
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

func (p *program) ready(n int) error {
	if err := p.dev.alive(); err != nil {
		return err
	}
	if p.released {
		return errors.New("program: run after release")
	}
	if n < 1 {
		return fmt.Errorf("program: run of %d iterations, want at least 1", n)
	}
	for _, b := range p.buffers {
		if b.data == nil {
			return fmt.Errorf("program: %w: a buffer it uses was released; record it again", metal.ErrFault)
		}
	}
	return nil
}

func (p *program) Release() {
	p.released = true
	p.arena.release()
	p.iterations, p.buffers = nil, nil
}

// Submit binds and runs dispatches once.
func (d *device) Submit(ctx context.Context, dispatches []metal.Dispatch) (metal.Times, error) {
	start := time.Now()
	if err := d.alive(); err != nil {
		return metal.Times{}, err
	}
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
