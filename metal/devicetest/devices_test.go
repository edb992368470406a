package devicetest

import (
	"context"
	"flag"
	"slices"
	"strings"
	"testing"

	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/devices"
	"github.com/assay-bench/assay/metal/dtype"
)

var (
	only = flag.String("devices", "", "comma-separated kinds of device to test; empty means every one present")
	full = flag.Bool("full", false, "test every number format, code width and group size on the simulator too")
)

// TestDevices runs the suite on every device of this machine and says which
// kinds it skipped and why. A kind asked for by -devices must be there.
func TestDevices(t *testing.T) {
	asked := strings.FieldsFunc(*only, func(r rune) bool { return r == ',' })
	for _, kind := range asked {
		if !slices.Contains(devices.Kinds(), kind) {
			t.Errorf("-devices: unknown kind %q, want some of %v", kind, devices.Kinds())
		}
	}
	ctx := context.Background()
	ran := 0
	for _, status := range devices.List(ctx) {
		if len(asked) > 0 && !slices.Contains(asked, string(status.Kind)) {
			continue
		}
		if !status.Available {
			if len(asked) > 0 {
				t.Errorf("asked for and not here: %s", status.Reason)
			} else {
				t.Logf("skipped: %s", status.Reason)
			}
			continue
		}
		ran++
		t.Run(string(status.Kind), func(t *testing.T) {
			dev, err := devices.Open(ctx, string(status.Kind))
			if err != nil {
				t.Fatal(err)
			}
			Run(ctx, t, dev, options(status.Kind))
			if err := dev.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	if ran == 0 {
		t.Error("no device was tested")
	}
}

// options spare the simulator, which compiles for most of a second per kernel
// and format and runs about as fast as a calculator: one weight format.
func options(kind metal.Kind) Options {
	if kind == metal.Sim && !*full {
		return Options{DTypes: []dtype.DType{dtype.BF16}, Bits: []int{4}, Groups: []int{64}}
	}
	return Options{}
}
