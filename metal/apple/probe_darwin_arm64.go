package apple

import (
	"context"
	"fmt"
	"time"

	"github.com/assay-bench/assay/metal"
)

// CopyBandwidth measures a copy between buffers of the given size, which should
// be several times the last cache: bytes read and written per second, the best
// of a few batches.
func (d *Device) CopyBandwidth(ctx context.Context, bytes int) (float64, error) {
	from, err := d.NewBuffer(bytes)
	if err != nil {
		return 0, fmt.Errorf("copy bandwidth: %w", err)
	}
	defer from.Release()
	to, err := d.NewBuffer(bytes)
	if err != nil {
		return 0, fmt.Errorf("copy bandwidth: %w", err)
	}
	defer to.Release()
	best := 0.0
	const batches, copies = 8, 8
	for range batches {
		t, err := d.copies(ctx, to.(*Buffer), from.(*Buffer), copies)
		if err != nil {
			return 0, fmt.Errorf("copy bandwidth: %w", err)
		}
		best = max(best, 2*copies*float64(bytes)/t.Seconds())
	}
	return best, nil
}

// copies runs n whole copies in one command buffer and returns the GPU's time.
func (d *Device) copies(ctx context.Context, to, from *Buffer, n int) (time.Duration, error) {
	if err := d.usable(); err != nil {
		return 0, err
	}
	defer d.b.pool()()
	c := d.b.msg(d.queue, sel.commandBuffer)
	encoder := d.b.msg(c, sel.blitEncoder)
	if encoder == 0 {
		return 0, fmt.Errorf("apple: %w: the queue gives no blit encoder", metal.ErrLost)
	}
	for range n {
		d.b.msg(encoder, sel.copyBuffer, from.id, 0, to.id, 0, uintptr(len(from.bytes)))
	}
	d.b.msg(encoder, sel.endEncoding)
	d.b.msg(c, sel.commit)
	if err := d.await(ctx, c, []string{"copy"}); err != nil {
		return 0, err
	}
	start, end := d.span(c)
	if end <= start {
		return 0, fmt.Errorf("apple: the GPU tells no times")
	}
	return duration(end - start), nil
}

// LaunchLatency is what one dispatch of a kernel that does nothing costs: the
// wall time of Submit, and the time per kernel in a replayed program.
func (d *Device) LaunchLatency(ctx context.Context) (submit, replayed time.Duration, err error) {
	lib, err := d.Compile(ctx, metal.Source{Name: "nothing.metal", Text: "#include <metal_stdlib>\nusing namespace metal;\nkernel void nothing(device uint *x [[buffer(0)]], uint i [[thread_position_in_grid]]) { if (i == 64) x[0] = 1; }\n"})
	if err != nil {
		return 0, 0, err
	}
	k, err := lib.Kernel("nothing", nil)
	if err != nil {
		return 0, 0, err
	}
	b, err := d.NewBuffer(64)
	if err != nil {
		return 0, 0, err
	}
	defer b.Release()
	one := []metal.Dispatch{{Kernel: k, Args: []metal.Arg{{Buffer: b}}, Grid: metal.Size{X: 32}, Threadgroup: metal.Size{X: 32}}}
	submit = time.Duration(1<<63 - 1)
	for range 50 {
		t, err := d.Submit(ctx, one)
		if err != nil {
			return 0, 0, err
		}
		submit = min(submit, t.Wall)
	}
	p, err := d.Record(one)
	if err != nil {
		return 0, 0, err
	}
	defer p.Release()
	const n = 4096
	if _, err := p.Run(ctx, n); err != nil {
		return 0, 0, err
	}
	t, err := p.Run(ctx, n)
	return submit, t.Device / n, err
}
