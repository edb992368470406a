package devices

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"time"

	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/dtype"
	"github.com/assay-bench/assay/metal/internal/front"
	"github.com/assay-bench/assay/metal/kernels"
)

// Calibration is what a device can do at best: the yardsticks of its kernels.
type Calibration struct {
	CopyBytesPerSecond float64       `json:"copy_bytes_per_second"` // bytes read plus bytes written
	Submit             time.Duration `json:"submit_ns"`             // of one small dispatch, decided anew
	Replay             time.Duration `json:"replay_ns"`             // of one small dispatch in a recorded program
}

// copySize is well past the last cache of any device here.
const copySize = 256 << 20

// Calibrate measures the device, in about a second.
func Calibrate(ctx context.Context, dev metal.Device) (Calibration, error) {
	var c Calibration
	var err error
	if c.CopyBytesPerSecond, err = CopyBandwidth(ctx, dev, copySize); err != nil {
		return c, fmt.Errorf("copy bandwidth: %w", err)
	}
	if c.Submit, c.Replay, err = LaunchLatency(ctx, dev); err != nil {
		return c, fmt.Errorf("launch latency: %w", err)
	}
	return c, nil
}

// CopyBandwidth is the bytes read and written per second of a copy between buffers
// of the given size, the best of a few batches; 0 for a simulated device.
func CopyBandwidth(ctx context.Context, dev metal.Device, bytes int) (float64, error) {
	from, err := dev.NewBuffer(bytes)
	if err != nil {
		return 0, err
	}
	defer from.Release()
	to, err := dev.NewBuffer(bytes)
	if err != nil {
		return 0, err
	}
	defer to.Release()
	const batches, copies = 8, 8
	best := 0.0
	for range batches {
		t, err := copyTime(ctx, dev, to, from, copies)
		if err != nil || t == 0 {
			return 0, err
		}
		best = max(best, 2*copies*float64(bytes)/t.Seconds())
	}
	return best, nil
}

// copyTime is that of n copies by the device or, where it shares its memory with
// the host, by all cores; 0 where neither does.
func copyTime(ctx context.Context, dev metal.Device, to, from metal.Buffer, n int) (time.Duration, error) {
	if d, ok := dev.(*front.Device); ok {
		if t, err := d.Copies(ctx, to, from, n); !errors.Is(err, errors.ErrUnsupported) {
			return t, err
		}
	}
	src, dst := from.Bytes(), to.Bytes()
	if src == nil || dst == nil {
		return 0, nil
	}
	workers := runtime.GOMAXPROCS(0)
	part := len(src) / workers
	began := time.Now()
	for range n {
		var wg sync.WaitGroup
		for w := range workers {
			end := (w + 1) * part
			if w == workers-1 {
				end = len(src)
			}
			wg.Go(func() { copy(dst[w*part:end], src[w*part:end]) })
		}
		wg.Wait()
	}
	return time.Since(began), ctx.Err()
}

// LaunchLatency is what one dispatch of a small kernel costs: the shortest wall
// time of Submit, and the device's time per kernel in a replayed program.
func LaunchLatency(ctx context.Context, dev metal.Device) (submit, replay time.Duration, err error) {
	set, err := kernels.Load(ctx, dev)
	if err != nil {
		return 0, 0, err
	}
	buf, err := dev.NewBuffer(64)
	if err != nil {
		return 0, 0, err
	}
	defer buf.Release()
	arg := metal.Arg{Buffer: buf}
	dispatches, err := set.Add(kernels.Add{A: arg, B: arg, Y: arg, N: 1, DType: dtype.F32})
	if err != nil {
		return 0, 0, err
	}
	for i := range 50 {
		t, err := dev.Submit(ctx, dispatches)
		if err != nil {
			return 0, 0, err
		}
		if i == 0 || t.Wall < submit {
			submit = t.Wall
		}
	}
	program, err := dev.Record(dispatches)
	if err != nil {
		return 0, 0, err
	}
	defer program.Release()
	n := 4096
	if dev.Info().Simulated {
		n = 64
	}
	if _, err := program.Run(ctx, n); err != nil {
		return 0, 0, err
	}
	t, err := program.Run(ctx, n)
	return submit, t.Device / time.Duration(n), err
}
