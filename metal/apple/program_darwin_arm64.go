package apple

import (
	"context"
	"fmt"
	"time"

	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/internal/front"
)

// Few command buffers are in flight: a queue that is full blocks without limit.
const buffersInFlight = 8

// program is a recorded rotation.
type program struct {
	d          *device
	iterations [][]launch
	names      []string // kernels in use, for fault messages
	next       int      // place in the rotation of the next iteration
	pace       pace
}

// Record resolves every dispatch.
func (d *device) Record(iterations [][]metal.Dispatch) (front.Program, error) {
	p := &program{d: d, pace: firstDispatches}
	for _, dispatches := range iterations {
		launches := make([]launch, len(dispatches))
		for j := range dispatches {
			launches[j] = prepare(&dispatches[j])
			launches[j].keep()
			p.names = append(p.names, launches[j].kernel.name)
		}
		p.iterations = append(p.iterations, launches)
	}
	return p, nil
}

// Free does nothing: the device owns what a program refers to.
func (p *program) Free() {}

// Run replays n iterations.
func (p *program) Run(ctx context.Context, n int) (metal.Times, error) {
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
func (d *device) Submit(ctx context.Context, dispatches []metal.Dispatch) (metal.Times, error) {
	var names []string
	for i := range dispatches {
		names = append(names, dispatches[i].Kernel.Name())
	}
	next := 0
	return d.run(ctx, names, &d.pace, func(encoder uintptr, most int) (encoded int, more bool) {
		for ; next < len(dispatches) && encoded < most; encoded++ {
			l := prepare(&dispatches[next])
			d.encode(encoder, &l)
			next++
		}
		return encoded, next < len(dispatches)
	})
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
func (d *device) run(ctx context.Context, names []string, pace *pace, fill func(encoder uintptr, most int) (encoded int, more bool)) (metal.Times, error) {
	var t metal.Times
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
func (d *device) span(commands uintptr) (start, end float64) {
	for began := time.Now(); ; time.Sleep(pause) {
		start, end = d.b.seconds(commands, sel.gpuStart), d.b.seconds(commands, sel.gpuEnd)
		if end > 0 || time.Since(began) > spin {
			return start, end
		}
	}
}

func duration(seconds float64) time.Duration { return time.Duration(seconds * float64(time.Second)) }
