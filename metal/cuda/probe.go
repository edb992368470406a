package cuda

import (
	"context"
	"fmt"
	"time"

	"github.com/assay-bench/assay/metal"
)

// CopyBandwidth measures a copy within GPU memory between buffers of the given
// size, which should be several times the last cache: bytes read and written
// per second, the best of a few batches.
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
	defer d.enter()()
	best := 0.0
	const batches, copies = 8, 8
	for range batches {
		if err := d.mark(0); err != nil {
			return 0, err
		}
		for range copies {
			if err := d.check("cuMemcpyDtoDAsync", d.cu.MemcpyDtoDAsync.call(
				to.(*Buffer).at, from.(*Buffer).at, uintptr(bytes), d.stream)); err != nil {
				return 0, err
			}
		}
		if err := d.mark(1); err != nil {
			return 0, err
		}
		if err := d.await(ctx, d.events[1]); err != nil {
			return 0, err
		}
		t, err := d.elapsed()
		if err != nil {
			return 0, err
		}
		best = max(best, 2*copies*float64(bytes)/t.Seconds())
	}
	return best, nil
}

// LaunchLatency is what one dispatch of a kernel that does nothing costs: the
// wall time of Submit, and the time per kernel in a replayed program.
func (d *Device) LaunchLatency(ctx context.Context) (submit, replayed time.Duration, err error) {
	lib, err := d.Compile(ctx, metal.Source{Name: "nothing.metal", Text: "kernel void nothing(device uint *x [[buffer(0)]], uint i [[thread_position_in_grid]]) { if (i == 64) x[0] = 1; }\n"})
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
