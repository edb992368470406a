package devices

import (
	"context"
	"fmt"
	"time"

	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/dtype"
	"github.com/assay-bench/assay/metal/kernels"
)

// Calibration is what a device can do at best.
type Calibration struct {
	StreamBytesPerSecond float64       `json:"stream_bytes_per_second"` // bytes read, as metal.Stream
	CopyBytesPerSecond   float64       `json:"copy_bytes_per_second"`   // bytes read plus bytes written, as metal.Copy
	Submit               time.Duration `json:"submit_ns"`               // of one small dispatch, decided anew
	Replay               time.Duration `json:"replay_ns"`               // of one small dispatch in a recorded program
}

// Calibrate measures the device, in about a second.
func Calibrate(ctx context.Context, dev metal.Device) (Calibration, error) {
	var c Calibration
	if y, ok := dev.(metal.Yardsticker); ok && !dev.Info().Simulated {
		for name, to := range map[metal.Yardstick]*float64{metal.Stream: &c.StreamBytesPerSecond, metal.Copy: &c.CopyBytesPerSecond} {
			m, err := y.Yardstick(ctx, name)
			if err != nil {
				return c, err
			}
			*to = m.PerSecond()
		}
	}
	var err error
	if c.Submit, c.Replay, err = LaunchLatency(ctx, dev); err != nil {
		return c, fmt.Errorf("launch latency: %w", err)
	}
	return c, nil
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
