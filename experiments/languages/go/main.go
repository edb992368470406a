// Assay-plugin-langgo times one C function from Go.
package main

import (
	"context"
	"fmt"
	"math"

	"github.com/ebitengine/purego"

	"github.com/assay-bench/assay/core/sdk"
)

type config struct {
	Library string `assay:"library" help:"file with the function work of work.c"`
	N       int    `assay:"n" help:"numbers" default:"4096" min:"1"`
	Passes  int    `assay:"passes" help:"passes over them in one call" default:"1000" min:"1"`
}

func main() {
	sdk.Serve(sdk.Plugin[config]{
		Name: "langgo", Version: "0.1.0", Doc: "Times one C function from Go.", NoDevice: true,
		Phases:  []sdk.Phase{{Name: "work", Doc: "one call of the function", Unit: "call"}},
		Prepare: prepare,
	})
}

func prepare(_ context.Context, req sdk.Request[config]) (*sdk.Prepared, error) {
	library, err := purego.Dlopen(req.Config.Library, purego.RTLD_NOW)
	if err != nil {
		return nil, sdk.Diagnostic{Summary: fmt.Sprintf("the library cannot be loaded: %v", err), Path: "library", Code: "no_library"}
	}
	var work func(x *float64, n, passes int64) float64
	purego.RegisterLibFunc(&work, library, "work")
	x := make([]float64, req.Config.N)
	for i := range x {
		x[i] = float64(i%7 - 3)
	}
	n, passes := int64(len(x)), int64(req.Config.Passes)
	result, want := 0.0, 0.0
	for _, v := range x {
		want += v * float64(passes) // whole numbers: exact
	}
	return &sdk.Prepared{Phases: map[string]sdk.Timed{"work": {
		Units: 1,
		Run: func(ctx context.Context, iterations int) error {
			for range iterations {
				result = work(&x[0], n, passes)
				sdk.Beat(ctx)
			}
			return nil
		},
		Verify: func(context.Context, int) ([]sdk.Check, map[string]float64, error) {
			return []sdk.Check{sdk.Below("error", math.Abs(result-want), 0)}, nil, nil
		},
		Spoil: func() error { result = math.NaN(); return nil },
	}}}, nil
}
