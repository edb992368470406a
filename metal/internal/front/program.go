package front

import (
	"context"
	"errors"
	"fmt"

	"github.com/assay-bench/assay/metal"
)

var _ metal.Readier = (*program)(nil)

// program is a recorded rotation with what one pass through it dispatches.
type program struct {
	d        *Device
	own      Program
	buffers  []*buffer
	checked  uint64 // the device's count of released buffers when all of these were alive
	rotation int
	content  []share
	runs     uint64 // iterations since the last count
	released bool
}

// Record implements metal.Device.
func (d *Device) Record(iterations ...[]metal.Dispatch) (metal.Program, error) {
	if err := d.usable(); err != nil {
		return nil, err
	}
	if len(iterations) == 0 {
		return nil, fmt.Errorf("%s device: record: no iterations", d.kind)
	}
	p := &program{d: d, rotation: len(iterations), checked: d.released}
	buffers := map[*buffer]struct{}{}
	shares := map[*entry]uint64{}
	for i, dispatches := range iterations {
		if len(dispatches) == 0 {
			return nil, fmt.Errorf("%s device: record: iteration %d has no dispatches", d.kind, i)
		}
		for j := range dispatches {
			s := &dispatches[j]
			if err := d.check(s); err != nil {
				return nil, fmt.Errorf("record: iteration %d, dispatch %d: %w", i, j, err)
			}
			for a := range s.Args {
				if b, ok := s.Args[a].Buffer.(*buffer); ok {
					buffers[b] = struct{}{}
				}
			}
			shares[d.counts.of(s)]++
		}
	}
	own, err := d.backend.Record(iterations)
	if err != nil {
		return nil, fmt.Errorf("record: %w", err)
	}
	p.own = own
	for b := range buffers {
		p.buffers = append(p.buffers, b)
	}
	for e, n := range shares {
		p.content = append(p.content, share{e, n})
	}
	d.programs[p] = struct{}{}
	return p, nil
}

// Ready implements metal.Readier.
func (p *program) Ready(n int) error {
	if err := p.alive(n); err != nil {
		return err
	}
	if own, ok := p.own.(metal.Readier); ok {
		return own.Ready(n)
	}
	return nil
}

// Run implements metal.Program.
func (p *program) Run(ctx context.Context, n int) (metal.Times, error) {
	if err := p.alive(n); err != nil {
		return metal.Times{}, err
	}
	if err := ctx.Err(); err != nil {
		return metal.Times{}, fmt.Errorf("run: %w", err)
	}
	t, err := p.own.Run(ctx, n)
	if err == nil {
		p.runs += uint64(n)
	}
	return t, err
}

func (p *program) alive(n int) error {
	if p.released {
		return errors.New("program: run after release")
	}
	if n < 1 {
		return fmt.Errorf("program: run of %d iterations: want at least 1", n)
	}
	if err := p.d.usable(); err != nil {
		return err
	}
	if p.checked == p.d.released {
		return nil
	}
	for _, b := range p.buffers {
		if b.memory == nil {
			return fmt.Errorf("program: %w: a buffer it uses was released; record it again", metal.ErrFault)
		}
	}
	p.checked = p.d.released
	return nil
}

// Release implements metal.Program.
func (p *program) Release() {
	if p.released {
		return
	}
	p.released = true
	p.count()
	if !p.d.closed {
		delete(p.d.programs, p)
		if p.d.backend.Lost() == nil {
			p.own.Free()
		}
	}
	p.own, p.buffers, p.content = nil, nil, nil
}
