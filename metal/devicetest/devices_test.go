package devicetest

import (
	"context"
	"flag"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/devices"
	"github.com/assay-bench/assay/metal/dtype"
	"github.com/assay-bench/assay/metal/quant"
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
		t.Run(status.Name(), func(t *testing.T) {
			var (
				wg      sync.WaitGroup
				mu      sync.Mutex
				reports []Report
			)
			for _, o := range options(status.Kind) {
				wg.Go(func() {
					report := onDevice(ctx, t, status, o)
					mu.Lock()
					defer mu.Unlock()
					reports = append(reports, report)
				})
			}
			wg.Wait()
			if len(reports) > 1 {
				t.Logf("together: %s", total(reports))
			}
		})
	}
	if ran == 0 {
		t.Error("no device was tested")
	}
}

// onDevice runs the suite, or a part of it, on a device of its own.
func onDevice(ctx context.Context, t *testing.T, which devices.Status, o Options) Report {
	dev, err := devices.Open(ctx, string(which.Kind), which.Index)
	if err != nil {
		t.Error(err)
		return Report{}
	}
	report := Run(ctx, t, dev, o)
	if err := dev.Close(); err != nil {
		t.Error(err)
	}
	return report
}

// options are the parts that may run side by side, which do not overlap. The
// simulator spends most of its time in the compiler, on one core, for every
// kernel and format: it has a part per number format with -full, and without one
// affine format and two modes that have every kind of code and scale between them.
func options(kind metal.Kind) []Options {
	switch {
	case kind != metal.Sim:
		return []Options{{}}
	case !*full:
		return []Options{{DTypes: []dtype.DType{dtype.BF16}, Modes: []quant.Mode{quant.Affine, quant.MXFP8, quant.NVFP4}, Bits: []int{4}, Groups: []int{64}}}
	}
	return []Options{{DTypes: []dtype.DType{dtype.F32}}, {DTypes: []dtype.DType{dtype.F16}}, {DTypes: []dtype.DType{dtype.BF16}}}
}

func total(reports []Report) (sum Report) {
	for _, r := range reports {
		sum.Golden += r.Golden
		sum.Comparisons += r.Comparisons
		sum.Random += r.Random
		sum.Contract += r.Contract
		sum.Failures += r.Failures
	}
	return sum
}
