package devices

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"time"

	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/dtype"
	"github.com/assay-bench/assay/metal/kernels"
)

// Calibration is what a device can do at best: the yardsticks of its kernels.
type Calibration struct {
	CopyBytesPerSecond float64       `json:"copy_bytes_per_second"` // bytes read plus bytes written
	Submit             time.Duration `json:"submit_ns"`             // of one small dispatch, decided anew
	Replay             time.Duration `json:"replay_ns"`             // of one small dispatch in a recorded program
}

// prober is a device that measures itself, as GPUs do.
type prober interface {
	CopyBandwidth(ctx context.Context, bytes int) (float64, error)
	LaunchLatency(ctx context.Context) (submit, replayed time.Duration, err error)
}

// copySize is well past the last cache of any device here.
const copySize = 256 << 20

// Calibrate measures the device, in about a second.
func Calibrate(ctx context.Context, dev metal.Device) (Calibration, error) {
	var c Calibration
	var err error
	if p, ok := dev.(prober); ok {
		if c.CopyBytesPerSecond, err = p.CopyBandwidth(ctx, copySize); err != nil {
			return c, err
		}
		c.Submit, c.Replay, err = p.LaunchLatency(ctx)
		return c, err
	}
	if c.CopyBytesPerSecond, err = hostCopy(dev); err != nil {
		return c, err
	}
	c.Submit, c.Replay, err = launches(ctx, dev)
	return c, err
}

// hostCopy copies between two buffers of a device that shares its memory with
// the host, with all cores; the best of five.
func hostCopy(dev metal.Device) (float64, error) {
	from, err := dev.NewBuffer(copySize)
	if err != nil {
		return 0, err
	}
	defer from.Release()
	to, err := dev.NewBuffer(copySize)
	if err != nil {
		return 0, err
	}
	defer to.Release()
	src, dst := from.Bytes(), to.Bytes()
	if src == nil || dst == nil {
		return 0, nil // simulated: no rate to speak of
	}
	workers := runtime.GOMAXPROCS(0)
	part := copySize / workers
	best := time.Duration(0)
	for range 5 {
		began := time.Now()
		var wg sync.WaitGroup
		for w := range workers {
			wg.Go(func() { copy(dst[w*part:(w+1)*part], src[w*part:(w+1)*part]) })
		}
		wg.Wait()
		if took := time.Since(began); best == 0 || took < best {
			best = took
		}
	}
	return 2 * float64(part*workers) / best.Seconds(), nil
}

// launches times the smallest kernel, submitted and replayed.
func launches(ctx context.Context, dev metal.Device) (submit, replay time.Duration, err error) {
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
		return 0, 0, fmt.Errorf("launch latency: %w", err)
	}
	const n = 200
	if _, err := dev.Submit(ctx, dispatches); err != nil {
		return 0, 0, err
	}
	began := time.Now()
	for range n {
		if _, err := dev.Submit(ctx, dispatches); err != nil {
			return 0, 0, err
		}
	}
	submit = time.Since(began) / n
	program, err := dev.Record(dispatches)
	if err != nil {
		return 0, 0, err
	}
	defer program.Release()
	if _, err := program.Run(ctx, n); err != nil {
		return 0, 0, err
	}
	times, err := program.Run(ctx, n)
	return submit, times.Wall / n, err
}
