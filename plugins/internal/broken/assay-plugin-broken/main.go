// Assay-plugin-broken runs a Metal kernel that goes wrong in a way of the
// experiment's choice, to show what a broken kernel costs: its own variant.
package main

import (
	"context"
	_ "embed"
	"encoding/binary"
	"slices"
	"strconv"

	"github.com/assay-bench/assay/core/sdk"
	"github.com/assay-bench/assay/metal"
)

//go:embed broken.metal
var source string

// faults are the values of FAULT in broken.metal.
var faults = []string{"none", "out-of-bounds", "endless", "barrier", "syntax"}

const threads = 256

type config struct {
	Fault string `assay:"fault" help:"what the kernel does wrong" default:"none" oneof:"none,out-of-bounds,endless,barrier,syntax"`
}

func main() {
	sdk.Serve(sdk.Plugin[config]{
		Name: "broken", Version: "0.1.0", Doc: "Runs a kernel that goes wrong on purpose, to test hosts and devices.",
		Phases:  []sdk.Phase{{Name: "run", Doc: "one dispatch", Unit: "call"}},
		Prepare: prepare,
	})
}

type counting struct {
	program metal.Program
	y       metal.Buffer
}

func prepare(ctx context.Context, req sdk.Request[config]) (sdk.Case, error) {
	fault := slices.Index(faults, req.Config.Fault)
	library, err := req.Device.Compile(ctx, metal.Source{
		Name: "broken.metal", Text: source, Defines: map[string]string{"FAULT": strconv.Itoa(fault)},
	})
	if err != nil {
		return nil, err
	}
	kernel, err := library.Kernel("count_up", nil)
	if err != nil {
		return nil, err
	}
	y, err := req.Device.NewBuffer(4 * threads)
	if err != nil {
		return nil, err
	}
	c := &counting{y: y}
	c.program, err = req.Device.Record([]metal.Dispatch{{
		Kernel: kernel, Grid: metal.Size{X: threads}, Threadgroup: metal.Size{X: 64},
		Args: []metal.Arg{{Buffer: y}, {Bytes: binary.LittleEndian.AppendUint32(nil, threads)}},
	}})
	if err != nil {
		y.Release()
		return nil, err
	}
	return c, nil
}

func (c *counting) Prepared() sdk.Prepared {
	return sdk.Prepared{Phases: map[string]sdk.PhaseFacts{"run": {Units: 1, Bytes: 4 * threads}}}
}

func (c *counting) Run(ctx context.Context, _ string, n int) (metal.Times, error) {
	return c.program.Run(ctx, n)
}

// Check counts what differs from what the kernel should have written.
func (c *counting) Check(context.Context) ([]sdk.Check, map[string]float64, error) {
	out := make([]byte, 4*threads)
	if err := c.y.Read(0, out); err != nil {
		return nil, nil, err
	}
	wrong := 0.0
	for i := range threads {
		if binary.LittleEndian.Uint32(out[4*i:]) != uint32(i) {
			wrong++
		}
	}
	return []sdk.Check{sdk.Below("wrong_elements", wrong, 0)}, nil, nil
}

func (c *counting) Close() error {
	c.program.Release()
	c.y.Release()
	return nil
}
