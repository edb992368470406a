// Assay-plugin-broken runs a Metal kernel that goes wrong in a way of the
// experiment's choice, to show what a broken kernel costs: its own variant.
package main

import (
	"context"
	_ "embed"
	"slices"
	"strconv"

	"github.com/assay-bench/assay/core/sdk"
	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/kernels"
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

func prepare(ctx context.Context, req sdk.Request[config]) (*sdk.Prepared, error) {
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
	req.Cleanup(y.Release)
	program, err := req.Device.Record([]metal.Dispatch{{
		Kernel: kernel, Grid: metal.Size{X: threads}, Threadgroup: metal.Size{X: 64},
		Args: []metal.Arg{{Buffer: y}, {Bytes: kernels.Encode(uint32(threads))}},
	}})
	if err != nil {
		return nil, err
	}
	check := func(context.Context) ([]sdk.Check, map[string]float64, error) {
		got, err := kernels.DownloadUint32(metal.Arg{Buffer: y}, threads)
		if err != nil {
			return nil, nil, err
		}
		wrong := 0.0
		for i, v := range got {
			if v != uint32(i) {
				wrong++
			}
		}
		return []sdk.Check{sdk.Below("wrong_elements", wrong, 0)}, nil, nil
	}
	// The kernel goes wrong while it is timed, not before: there is no Verify.
	run := sdk.Timed{Units: 1, Bytes: 4 * threads, Program: program}
	return &sdk.Prepared{Phases: map[string]sdk.Timed{"run": run}, Check: check}, nil
}
