// Assay-plugin-add times y = a + b: the smallest useful plugin.
package main

import (
	"context"
	_ "embed"

	"github.com/assay-bench/assay/core/sdk"
	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/dtype"
	"github.com/assay-bench/assay/metal/kernels"
)

//go:embed add.metal
var source string

type config struct {
	N           int `assay:"n" help:"elements" default:"1048576" min:"1"`
	Threadgroup int `assay:"threadgroup" help:"threads of one threadgroup" default:"256" oneof:"64,128,256,512,1024"`
}

func plugin() sdk.Plugin[config] {
	return sdk.Plugin[config]{
		Name: "add", Version: "0.1.0", Doc: "Adds two vectors.",
		Phases:  []sdk.Phase{{Name: "add", Doc: "one addition of n elements", Unit: "call"}},
		Prepare: prepare,
	}
}

func main() { sdk.Serve(plugin()) }

func prepare(ctx context.Context, req sdk.Request[config]) (*sdk.Prepared, error) {
	n, copies := req.Config.N, req.Copies(int64(8*req.Config.N))
	a, b := kernels.Normal(req.RNG("a"), copies*n), kernels.Normal(req.RNG("b"), copies*n)
	memory := &kernels.Buffers{Device: req.Device}
	req.Cleanup(memory.Release)
	da, db, dy := memory.Upload(dtype.F32, a), memory.Upload(dtype.F32, b), memory.Floats(dtype.F32, n)
	if err := memory.Err(); err != nil {
		return nil, err
	}
	library, err := req.Device.Compile(ctx, metal.Source{Name: "add.metal", Text: source})
	if err != nil {
		return nil, err
	}
	kernel, err := library.Kernel("add_f32", nil)
	if err != nil {
		return nil, err
	}
	add := sdk.Timed{Units: 1, Bytes: int64(12 * n), Rotation: copies, Outputs: []metal.Arg{dy}}
	add.Program, err = kernels.Replay(req.Device, copies, func(i int) ([]metal.Dispatch, error) {
		return []metal.Dispatch{{
			Kernel: kernel, Grid: metal.Size{X: n}, Threadgroup: metal.Size{X: req.Config.Threadgroup},
			Args: []metal.Arg{kernels.Slice(da, i, n, 4), kernels.Slice(db, i, n, 4), dy, {Bytes: kernels.Encode(uint32(n))}},
		}}, nil
	})
	add.Verify = func(_ context.Context, i int) ([]sdk.Check, map[string]float64, error) {
		y, err := kernels.Download(dy, dtype.F32, n)
		wrong := 0
		for k := range y {
			if y[k] != a[i*n+k]+b[i*n+k] {
				wrong++
			}
		}
		return []sdk.Check{sdk.Below("wrong_elements", float64(wrong), 0)}, nil, err
	}
	return &sdk.Prepared{Phases: map[string]sdk.Timed{"add": add}}, err
}
