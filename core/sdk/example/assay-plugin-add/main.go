// Assay-plugin-add times y = a + b: the smallest useful plugin.
package main

import (
	"context"
	_ "embed"
	"encoding/binary"
	"errors"
	"math/rand/v2"

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

// addition is one prepared configuration.
type addition struct {
	program metal.Program
	a, b, y metal.Arg
	want    []float32
}

func prepare(ctx context.Context, req sdk.Request[config]) (sdk.Case, error) {
	n := req.Config.N
	rng := rand.New(rand.NewPCG(req.Seed, 0))
	a, b, want := make([]float32, n), make([]float32, n), make([]float32, n)
	for i := range n {
		a[i], b[i] = rng.Float32(), rng.Float32()
		want[i] = a[i] + b[i]
	}
	c := &addition{want: want}
	var errA, errB, errY error
	c.a, errA = kernels.Upload(req.Device, dtype.F32, a)
	c.b, errB = kernels.Upload(req.Device, dtype.F32, b)
	c.y, errY = kernels.NewBuffer(req.Device, dtype.F32, n)
	library, err := req.Device.Compile(ctx, metal.Source{Name: "add.metal", Text: source})
	if err := errors.Join(errA, errB, errY, err); err != nil {
		return nil, err
	}
	kernel, err := library.Kernel("add_f32", nil)
	if err != nil {
		return nil, err
	}
	c.program, err = req.Device.Record([]metal.Dispatch{{
		Kernel: kernel, Grid: metal.Size{X: n}, Threadgroup: metal.Size{X: req.Config.Threadgroup},
		Args: []metal.Arg{c.a, c.b, c.y, {Bytes: binary.LittleEndian.AppendUint32(nil, uint32(n))}},
	}})
	if err != nil {
		return nil, err
	}
	_, err = c.program.Run(ctx, 1) // so that there is something to check before timing
	return c, err
}

func (c *addition) Prepared() sdk.Prepared {
	facts := sdk.PhaseFacts{Units: 1, Bytes: int64(12 * len(c.want))}
	return sdk.Prepared{Checks: []sdk.Check{c.check()}, Phases: map[string]sdk.PhaseFacts{"add": facts}}
}

func (c *addition) Run(ctx context.Context, _ string, n int) (metal.Times, error) {
	return c.program.Run(ctx, n)
}

func (c *addition) Check(context.Context) ([]sdk.Check, map[string]float64, error) {
	return []sdk.Check{c.check()}, nil, nil
}

func (c *addition) Close() error {
	c.program.Release()
	for _, arg := range []metal.Arg{c.a, c.b, c.y} {
		arg.Buffer.Release()
	}
	return nil
}

// check counts the elements that differ from the host's sum.
func (c *addition) check() sdk.Check {
	got, err := kernels.Download(c.y, dtype.F32, len(c.want))
	if err != nil {
		return sdk.Check{Name: "wrong_elements", Detail: err.Error()}
	}
	wrong := 0
	for i := range got {
		if got[i] != c.want[i] {
			wrong++
		}
	}
	return sdk.Below("wrong_elements", float64(wrong), 0)
}
