// Noop is a plugin whose iterations do nothing: what is left of them is the SDK's.
package main

import (
	"context"

	"github.com/assay-bench/assay/core/sdk"
)

type config struct{}

func main() {
	sdk.Serve(sdk.Plugin[config]{
		Name: "noop", Version: "0.1.0", Doc: "Does nothing.", NoDevice: true,
		Phases: []sdk.Phase{{Name: "decode", Doc: "nothing", Unit: "call"}},
		Prepare: func(context.Context, sdk.Request[config]) (*sdk.Prepared, error) {
			return &sdk.Prepared{Phases: map[string]sdk.Timed{"decode": {Units: 1, Run: run}}}, nil
		},
	})
}

func run(_ context.Context, n int) error {
	for range n {
		nothing()
	}
	return nil
}

// nothing is a call all the same: a loop without one takes no time, which is no sample.
//
//go:noinline
func nothing() {}
