package cuda

import (
	"context"
	"fmt"
	"math/bits"
	"time"
	"unsafe"

	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/internal/front"
)

// How programs are cut into graphs. A graph of a few hundred kernels makes the
// time between graphs vanish; fewer than four kernels gain nothing from one.
const (
	graphKernels    = 256
	graphMinimum    = 4
	maxGraphKernels = 4096
	remembered      = 1024 // graphs of a program; beyond them kernels are launched one by one
)

// program is a recorded rotation. A run begins anywhere in it and has any length,
// and making a graph takes longer than running it, so that runs are cut at places
// that do not depend on either: a few graphs serve all runs.
type program struct {
	d          *device
	iterations [][]launch
	names      []string // kernels in use, for fault messages
	cut        cut
	next       int // place in the rotation of the next iteration
	graphs     map[span]uintptr
}

// cut is the largest size of graphs. Both numbers are powers of two.
type cut struct {
	rotations  int // whole rotations in a graph; 0: one is too long for a graph
	iterations int // iterations in a graph of a part of the rotation
}

// span is n iterations from a place in the rotation on.
type span struct{ from, n int }

// Record resolves every dispatch. Graphs are made when a run first needs them,
// before its clock starts.
func (d *device) Record(iterations [][]metal.Dispatch) (front.Program, error) {
	defer d.enter()()
	p := &program{d: d, graphs: map[span]uintptr{}}
	total := 0
	for _, dispatches := range iterations {
		launches := make([]launch, len(dispatches))
		for i := range dispatches {
			if err := d.prepare(&launches[i], &dispatches[i]); err != nil {
				return nil, err
			}
			p.names = append(p.names, launches[i].kernel.name)
		}
		total += len(launches)
		p.iterations = append(p.iterations, launches)
	}
	p.cut = cutOf(len(iterations), total)
	return p, nil
}

// cutOf is for a rotation of some iterations with total kernels together.
func cutOf(rotation, total int) cut {
	c := cut{iterations: power(rotation * graphKernels / total)}
	if total <= maxGraphKernels {
		c.rotations = power(graphKernels / total)
	}
	return c
}

// power is the largest power of two that is not above n, at least 1.
func power(n int) int { return 1 << (bits.Len(uint(max(n, 1))) - 1) }

// spans cuts a run of n iterations that begins at a place in the rotation: whole
// rotations where one begins, elsewhere parts whose place is a multiple of their
// size.
func (p *program) spans(from, n int) []span {
	rotation := len(p.iterations)
	var out []span
	for n > 0 {
		from %= rotation
		size := p.cut.rotations * rotation
		if from == 0 && size > 0 && n >= rotation {
			for size > n {
				size /= 2
			}
		} else {
			size = p.cut.iterations
			for size > n || from%size != 0 || from+size > rotation {
				size /= 2
			}
		}
		out = append(out, span{from, size})
		from, n = from+size, n-size
	}
	return out
}

// Ready implements metal.Readier: it makes the graphs that the next run needs.
func (p *program) Ready(n int) error {
	defer p.d.enter()()
	return p.make(p.spans(p.next, n))
}

func (p *program) make(spans []span) error {
	for _, s := range spans {
		if err := p.graph(s); err != nil {
			return err
		}
	}
	return nil
}

// Run replays n iterations.
func (p *program) Run(ctx context.Context, n int) (metal.Times, error) {
	var t metal.Times
	d := p.d
	defer d.enter()()
	spans := p.spans(p.next, n)
	if err := p.make(spans); err != nil {
		return t, err
	}
	begin := time.Now()
	if err := d.mark(0); err != nil {
		return t, err
	}
	waited, err := p.submit(ctx, spans)
	if err != nil {
		return t, err
	}
	if err := d.mark(1); err != nil {
		return t, err
	}
	t.Encode = time.Since(begin) - waited
	if err := d.await(ctx, d.events[1], p.names...); err != nil {
		return t, err
	}
	t.Wall = time.Since(begin)
	p.next = (p.next + n) % len(p.iterations)
	t.Device, err = d.elapsed()
	return t, err
}

// submit hands the spans to the driver and says how long it waited for the GPU
// on the way.
func (p *program) submit(ctx context.Context, spans []span) (waited time.Duration, err error) {
	q := queue{d: p.d, names: p.names}
	for _, s := range spans {
		if g, ok := p.graphs[s]; ok {
			err = q.launchGraph(ctx, g)
		} else {
			err = p.each(s, func(l *launch) error { return q.launch(ctx, l) })
		}
		if err != nil {
			break
		}
	}
	return q.waited, err
}

// each calls do with a span's launches in order.
func (p *program) each(s span, do func(*launch) error) error {
	for i := range s.n {
		launches := p.iterations[(s.from+i)%len(p.iterations)]
		for j := range launches {
			if err := do(&launches[j]); err != nil {
				return err
			}
		}
	}
	return nil
}

// graph makes the graph of a span, unless it exists, is too small to be worth
// one, or too many are remembered.
func (p *program) graph(s span) error {
	if _, ok := p.graphs[s]; ok {
		return nil
	}
	kernels := 0
	for i := range s.n {
		kernels += len(p.iterations[(s.from+i)%len(p.iterations)])
	}
	if kernels < graphMinimum || len(p.graphs) >= remembered {
		return nil
	}
	d := p.d
	const relaxed = 2 // other threads may use CUDA meanwhile
	if err := d.check("cuStreamBeginCapture", d.cu.StreamBeginCapture.call(d.stream, relaxed)); err != nil {
		return fmt.Errorf("cuda: record: %w", err)
	}
	issued := p.each(s, func(l *launch) error { return d.issue(l, p.names...) })
	var graph, exec uintptr
	ended := d.check("cuStreamEndCapture", d.cu.StreamEndCapture.call(d.stream, uintptr(unsafe.Pointer(&graph))))
	if graph != 0 {
		defer d.cu.GraphDestroy.call(graph)
	}
	if issued != nil { // and therefore no good end
		return fmt.Errorf("cuda: record: %w", issued)
	}
	if ended != nil {
		return fmt.Errorf("cuda: record: %w", ended)
	}
	if err := d.check("cuGraphInstantiate", d.cu.GraphInstantiate.call(uintptr(unsafe.Pointer(&exec)), graph, 0)); err != nil {
		return fmt.Errorf("cuda: record %d kernels: %w", kernels, err)
	}
	p.graphs[s] = exec
	if err := d.check("cuGraphUpload", d.cu.GraphUpload.call(exec, d.stream)); err != nil {
		return fmt.Errorf("cuda: record: %w", err)
	}
	return d.finish(context.Background())
}

// Free frees the graphs.
func (p *program) Free() {
	defer p.d.enter()()
	for _, g := range p.graphs {
		p.d.cu.GraphExecDestroy.call(g)
	}
}
