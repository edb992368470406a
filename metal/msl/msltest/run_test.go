package msltest_test

import (
	"context"
	"errors"
	"flag"
	"testing"

	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/cuda"
	"github.com/assay-bench/assay/metal/msl/msltest"
	"github.com/assay-bench/assay/metal/sim"
)

var cxx = flag.String("cxx", "", "C++ compiler of the simulator; empty for the one it finds")

// TestConstructs runs every construct on the devices of this machine that
// compile Metal sources.
func TestConstructs(t *testing.T) {
	for _, d := range []struct {
		kind metal.Kind
		open func(context.Context) (metal.Device, error)
	}{
		{metal.Sim, func(ctx context.Context) (metal.Device, error) { return sim.Open(ctx, sim.Options{Compiler: *cxx}) }},
		{metal.CUDA, func(context.Context) (metal.Device, error) { return cuda.Open(cuda.Options{}) }},
	} {
		t.Run(string(d.kind), func(t *testing.T) {
			dev, err := d.open(t.Context())
			if errors.Is(err, metal.ErrUnavailable) {
				t.Skipf("the test compares the language as %s runs it: %v", d.kind, err)
			}
			if err != nil {
				t.Fatal(err)
			}
			defer dev.Close()
			msltest.Run(t.Context(), t, dev)
		})
	}
}
