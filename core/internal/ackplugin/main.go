// Command ackplugin is a plugin with a real kernel, a sum of two vectors, that
// keeps a list of its samples that the host acknowledged, as package acks has it.
// Tests hold the host's documents against that list.
package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"

	"github.com/hashicorp/go-hclog"
	"google.golang.org/grpc"

	"github.com/assay-bench/assay/core/internal/acks"
	"github.com/assay-bench/assay/core/proto/pluginv1"
	"github.com/assay-bench/assay/core/sdk"
	"github.com/assay-bench/assay/core/sdk/wire"
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
	log := hclog.New(&hclog.LoggerOptions{Output: os.Stderr, JSONFormat: true, Level: hclog.LevelFromString(os.Getenv(wire.EnvLogLevel))})
	server, err := sdk.NewServer(p, log)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	if len(os.Args) > 1 && os.Args[1] == wire.DescribeArg {
		d, _ := server.Describe(context.Background(), nil)
		if err := sdk.PrintDescription(os.Stdout, d); err != nil {
			os.Exit(1)
		}
		return
	}
	sdk.ServeProtocol(&clerk{server}, log)
	server.Shutdown()
}

type clerk struct{ *sdk.Server[config] }

func (c *clerk) Measure(stream grpc.BidiStreamingServer[pluginv1.MeasureRequest, pluginv1.MeasureResponse]) error {
	return c.Server.Measure(acks.Noted(stream))
}

type sum struct {
	program metal.Program
	args    []metal.Arg
	want    []float32
}

func prepare(ctx context.Context, req sdk.Request[config]) (sdk.Case, error) {
	set, err := kernels.Load(ctx, req.Device)
	if err != nil {
		return nil, err
	}
	n, rng := req.Config.N, rand.New(rand.NewPCG(req.Seed, 0))
	a, b, want := make([]float32, n), make([]float32, n), make([]float32, n)
	for i := range n {
		a[i], b[i] = rng.Float32(), rng.Float32()
		want[i] = a[i] + b[i]
	}
	x, errX := kernels.Upload(req.Device, dtype.F32, a)
	y, errY := kernels.Upload(req.Device, dtype.F32, b)
	z, errZ := kernels.NewBuffer(req.Device, dtype.F32, n)
	if err := errors.Join(errX, errY, errZ); err != nil {
		return nil, err
	}
	dispatches, err := set.Add(kernels.Add{A: x, B: y, Y: z, N: n, DType: dtype.F32})
	if err != nil {
		return nil, err
	}
	program, err := req.Device.Record(dispatches)
	if err != nil {
		return nil, err
	}
	_, err = program.Run(ctx, 1)
	return &sum{program, []metal.Arg{x, y, z}, want}, err
}

func (s *sum) Prepared() sdk.Prepared {
	return sdk.Prepared{Checks: []sdk.Check{s.check()}, Phases: map[string]sdk.PhaseFacts{"add": {Units: 1, Bytes: int64(12 * len(s.want))}}}
}

func (s *sum) Run(ctx context.Context, _ string, n int) (sdk.Times, error) {
	return s.program.Run(ctx, n)
}

func (s *sum) Check(context.Context) ([]sdk.Check, map[string]float64, error) {
	return []sdk.Check{s.check()}, nil, nil
}

func (s *sum) Close() error {
	s.program.Release()
	for _, a := range s.args {
		a.Buffer.Release()
	}
	return nil
}

func (s *sum) check() sdk.Check {
	got, err := kernels.Download(s.args[2], dtype.F32, len(s.want))
	if err != nil {
		return sdk.Check{Name: "wrong_elements", Detail: err.Error()}
	}
	wrong := 0
	for i := range got {
		if got[i] != s.want[i] {
			wrong++
		}
	}
	return sdk.Below("wrong_elements", float64(wrong), 0)
}
