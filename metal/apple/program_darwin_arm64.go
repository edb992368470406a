package apple

import (
	"context"
	"fmt"
	"time"

	"github.com/assay-bench/assay/metal"
)

// Command buffers hold some hundred dispatches, so that the time between them
// vanishes; few are in flight, because a queue that is full blocks without limit.
const (
	dispatchesPerBuffer = 256
	buffersInFlight     = 8
)

// program is a recorded rotation.
type program struct {
	d          *Device
	iterations [][]launch
	names      []string // kernels in use, for fault messages
	next       int      // place in the rotation of the next iteration
	released   bool
}

// Record resolves every dispatch.
func (d *Device) Record(iterations ...[]metal.Dispatch) (metal.Program, error) {
	if err := d.usable(); err != nil {
		return nil, err
	}
	if len(iterations) == 0 {
		return nil, fmt.Errorf("apple: record: no iterations")
	}
	p := &program{d: d}
	for i, dispatches := range iterations {
		if len(dispatches) == 0 {
			return nil, fmt.Errorf("apple: record: iteration %d has no dispatches", i)
		}
		launches := make([]launch, len(dispatches))
		for j := range dispatches {
			var err error
			if launches[j], err = d.prepare(&dispatches[j]); err != nil {
				return nil, err
			}
			p.names = append(p.names, launches[j].kernel.name)
		}
		p.iterations = append(p.iterations, launches)
	}
	return p, nil
}

// Release forgets the program; the device owns what it refers to.
func (p *program) Release() { p.released = true }

// Run replays n iterations.
func (p *program) Run(ctx context.Context, n int) (metal.Times, error) {
	if p.released {
		return metal.Times{}, fmt.Errorf("apple: run: the program was released")
	}
	if n < 1 {
		return metal.Times{}, fmt.Errorf("apple: run of %d iterations: want at least 1", n)
	}
	at := p.next
	t, err := p.d.run(ctx, p.names, func(encoder uintptr) (more bool) {
		for encoded := 0; n > 0 && encoded < dispatchesPerBuffer; n-- {
			launches := p.iterations[at]
			for i := range launches {
				p.d.encode(encoder, &launches[i])
			}
			encoded += len(launches)
			at = (at + 1) % len(p.iterations)
		}
		return n > 0
	})
	if err == nil {
		p.next = at
	}
	return t, err
}

// Submit decides everything again, encodes once and waits.
func (d *Device) Submit(ctx context.Context, dispatches []metal.Dispatch) (metal.Times, error) {
	var names []string
	var wrong error
	t, err := d.run(ctx, names, func(encoder uintptr) bool {
		for i := range dispatches {
			l, err := d.prepare(&dispatches[i])
			if err != nil {
				wrong = err
				return false
			}
			d.encode(encoder, &l)
		}
		return false
	})
	if wrong != nil {
		return metal.Times{}, wrong
	}
	if err != nil {
		for i := range dispatches {
			names = append(names, dispatches[i].Kernel.Name())
		}
		err = fmt.Errorf("%s: %w", blame(names), err)
	}
	return t, err
}

// run fills command buffers one after the other with fill, which reports
// whether there is more, keeps a few of them in flight, and waits for all.
func (d *Device) run(ctx context.Context, names []string, fill func(encoder uintptr) (more bool)) (metal.Times, error) {
	var t metal.Times
	if err := d.usable(); err != nil {
		return t, err
	}
	if err := ctx.Err(); err != nil {
		return t, fmt.Errorf("apple: run: %w", err)
	}
	defer d.b.pool()()
	var flight []uintptr
	defer func() { // after an error: nothing may run behind the caller's back
		for _, c := range flight {
			if d.lost == nil {
				_ = d.await(ctx, c, names)
			}
			d.b.release(c)
		}
	}()
	var first, last float64
	land := func() error { // waits for the oldest
		c := flight[0]
		if err := d.await(ctx, c, names); err != nil {
			return err
		}
		if first == 0 {
			first = d.b.seconds(c, sel.gpuStart)
		}
		last = d.b.seconds(c, sel.gpuEnd)
		d.b.release(c)
		flight = flight[1:]
		return nil
	}
	begin := time.Now()
	var waited time.Duration
	for more := true; more; {
		if len(flight) == buffersInFlight {
			since := time.Now()
			if err := land(); err != nil {
				return t, err
			}
			waited += time.Since(since)
		}
		done := d.b.pool() // an encoder's own objects go with its command buffer
		c := d.b.retain(d.b.msg(d.queue, sel.commandBuffer))
		encoder := d.b.msg(c, sel.computeEncoder)
		if c == 0 || encoder == 0 {
			d.b.release(c)
			done()
			return t, fmt.Errorf("apple: %w: the queue gives no command buffer", metal.ErrLost)
		}
		d.lengths = 0
		more = fill(encoder)
		d.b.msg(encoder, sel.endEncoding)
		d.b.msg(c, sel.commit)
		done()
		flight = append(flight, c)
	}
	t.Encode = time.Since(begin) - waited
	for len(flight) > 0 {
		if err := land(); err != nil {
			return t, err
		}
	}
	t.Wall = time.Since(begin)
	t.Device = time.Duration((last - first) * float64(time.Second))
	return t, nil
}
