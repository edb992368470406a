// Command ackplugin is a plugin with a real kernel, a sum of two vectors, that
// keeps a list of its samples that the host acknowledged, as package acks has it.
// Tests hold the host's documents against that list.
package main

import (
	"context"

	"google.golang.org/grpc"

	"github.com/assay-bench/assay/core/internal/acks"
	"github.com/assay-bench/assay/core/internal/serving"
	"github.com/assay-bench/assay/core/proto/pluginv1"
	"github.com/assay-bench/assay/core/sdk"
	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/dtype"
	"github.com/assay-bench/assay/metal/kernels"
)

type config struct {
	N int `assay:"n" help:"elements" default:"65536" min:"1"`
}

func main() {
	p := sdk.Plugin[config]{
		Name: "acks", Version: "0.1.0", Doc: "Adds two vectors, and writes down what was acknowledged.",
		Phases: []sdk.Phase{{Name: "add", Doc: "one sum", Unit: "call"}}, Prepare: prepare,
	}
	log := serving.NewLogger()
	server, err := sdk.NewServer(p, serving.Options{Log: log})
	if err != nil {
		serving.Exit(err)
	}
	serving.Main(&clerk{server}, log)
}

type clerk struct{ serving.Server }

func (c *clerk) Measure(stream grpc.BidiStreamingServer[pluginv1.MeasureRequest, pluginv1.MeasureResponse]) error {
	return c.Server.Measure(acks.Noted(stream))
}

func prepare(ctx context.Context, req sdk.Request[config]) (*sdk.Prepared, error) {
	set, err := kernels.Load(ctx, req.Device)
	if err != nil {
		return nil, err
	}
	n := req.Config.N
	a, b := kernels.Normal(req.RNG("a"), n), kernels.Normal(req.RNG("b"), n)
	memory := &kernels.Buffers{Device: req.Device}
	req.Cleanup(memory.Release)
	x, y, z := memory.Upload(dtype.F32, a), memory.Upload(dtype.F32, b), memory.Floats(dtype.F32, n)
	if err := memory.Err(); err != nil {
		return nil, err
	}
	program, err := kernels.Replay(req.Device, 1, func(int) ([]metal.Dispatch, error) {
		return set.Add(kernels.Add{A: x, B: y, Y: z, N: n, DType: dtype.F32})
	})
	if err != nil {
		return nil, err
	}
	add := sdk.Timed{Units: 1, Bytes: int64(12 * n), Program: program, Outputs: []metal.Arg{z}}
	add.Verify = func(context.Context, int) ([]sdk.Check, map[string]float64, error) {
		got, err := kernels.Download(z, dtype.F32, n)
		wrong := 0
		for i := range got {
			if got[i] != a[i]+b[i] {
				wrong++
			}
		}
		return []sdk.Check{sdk.Below("wrong_elements", float64(wrong), 0)}, nil, err
	}
	return &sdk.Prepared{Phases: map[string]sdk.Timed{"add": add}}, nil
}
