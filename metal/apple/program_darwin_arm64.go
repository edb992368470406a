package apple

import (
	"context"
	"fmt"
	"time"

	"github.com/assay-bench/assay/metal"
)

// Few command buffers are in flight: a queue that is full blocks without limit.
const buffersInFlight = 8

// program is a recorded rotation.
type program struct {
	d          *Device
	iterations [][]launch
	names      []string // kernels in use, for fault messages
	next       int      // place in the rotation of the next iteration
	pace       pace
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
	p := &program{d: d, pace: firstDispatches}
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
			launches[j].keep()
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
	if err := p.d.usable(); err != nil {
		return metal.Times{}, err
	}
	for _, launches := range p.iterations {
		for i := range launches {
			if launches[i].released() {
				return metal.Times{}, fmt.Errorf("apple: run: kernel %s: a buffer of the program was released", launches[i].kernel.name)
			}
		}
	}
	at, dispatch := p.next, 0
	t, err := p.d.run(ctx, p.names, &p.pace, func(encoder uintptr, most int) (encoded int, more bool) {
		for ; n > 0 && encoded < most; encoded++ {
			launches := p.iterations[at]
			p.d.encode(encoder, &launches[dispatch])
			if dispatch++; dispatch == len(launches) {
				at, dispatch, n = (at+1)%len(p.iterations), 0, n-1
			}
		}
		return encoded, n > 0
	})
	if err == nil {
		p.next = at
	}
	return t, err
}

// Submit decides everything again, encodes once and waits.
func (d *Device) Submit(ctx context.Context, dispatches []metal.Dispatch) (metal.Times, error) {
	var names []string
	for i := range dispatches {
		if k := dispatches[i].Kernel; k != nil {
			names = append(names, k.Name())
		}
	}
	var wrong error
	next := 0
	t, err := d.run(ctx, names, &d.pace, func(encoder uintptr, most int) (encoded int, more bool) {
		for ; next < len(dispatches) && encoded < most; encoded++ {
			l, err := d.prepare(&dispatches[next])
			if err != nil {
				wrong = err
				return encoded, false
			}
			d.encode(encoder, &l)
			next++
		}
		return encoded, next < len(dispatches)
	})
	if wrong != nil {
		return metal.Times{}, wrong
	}
	return t, err
}

// flying is a command buffer that was committed, and how many dispatches it holds.
type flying struct {
	commands   uintptr
	dispatches int
}

// run fills command buffers one after the other with fill, which encodes at most
// so many dispatches and reports how many it did and whether there are more. It
// keeps a few command buffers in flight and waits for all. One begins only when
// the one before it is done with the memory that both use.
func (d *Device) run(ctx context.Context, names []string, pace *pace, fill func(encoder uintptr, most int) (encoded int, more bool)) (metal.Times, error) {
	var t metal.Times
	if err := d.usable(); err != nil {
		return t, err
	}
	if err := ctx.Err(); err != nil {
		return t, fmt.Errorf("apple: run: %w", err)
	}
	defer d.b.pool()()
	var flight []flying
	defer func() { // after an error: nothing may run behind the caller's back
		for _, f := range flight {
			if d.lost == nil {
				_ = d.await(ctx, f.commands, names)
			}
			d.b.release(f.commands)
		}
	}()
	var first, last float64 // on the GPU's clock
	var ended time.Time
	land := func() error { // waits for the oldest
		f := flight[0]
		if err := d.await(ctx, f.commands, names); err != nil {
			return err
		}
		ended = time.Now()
		if start, end := d.span(f.commands); end > 0 {
			if first == 0 {
				first = start
			}
			last = max(last, end)
			*pace = pace.after(f.dispatches, duration(end-start))
		}
		d.b.release(f.commands)
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
		f := flying{commands: d.b.retain(d.b.msg(d.queue, sel.commandBuffer))}
		encoder := d.b.msg(f.commands, sel.computeEncoder)
		if f.commands == 0 || encoder == 0 {
			d.b.release(f.commands)
			done()
			return t, fmt.Errorf("apple: %w: the queue gives no command buffer", metal.ErrLost)
		}
		d.lengths = 0
		f.dispatches, more = fill(encoder, int(*pace))
		d.b.msg(encoder, sel.endEncoding)
		d.b.msg(f.commands, sel.commit)
		done()
		flight = append(flight, f)
	}
	t.Encode = time.Since(begin) - waited
	for len(flight) > 0 {
		if err := land(); err != nil {
			return t, err
		}
	}
	t.Wall = ended.Sub(begin)
	t.Device = duration(last - first)
	return t, nil
}

// span is when a completed command buffer began and ended, in seconds on the
// GPU's clock. Its status may turn a moment before they are filled in; 0 if they
// never are.
func (d *Device) span(commands uintptr) (start, end float64) {
	for began := time.Now(); ; time.Sleep(pause) {
		start, end = d.b.seconds(commands, sel.gpuStart), d.b.seconds(commands, sel.gpuEnd)
		if end > 0 || time.Since(began) > spin {
			return start, end
		}
	}
}

func duration(seconds float64) time.Duration { return time.Duration(seconds * float64(time.Second)) }
