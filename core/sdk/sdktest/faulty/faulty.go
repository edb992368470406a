// Package faulty is a cpu device whose kernels can be made to compute something
// else, for tests that a plugin's checks notice: [In] puts a plugin on it.
package faulty

import (
	"context"
	"fmt"
	"strings"

	"github.com/assay-bench/assay/core/sdk"
	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/cpu"
)

// Fault changes one dispatch; false leaves it out.
type Fault func(metal.Dispatch) (metal.Dispatch, bool)

// In is the plugin on a cpu device with a fault; nil: none.
func In[C any](p sdk.Plugin[C], fault Fault) sdk.Plugin[C] {
	p.OpenDevice = func(_ context.Context, kind string, _ int) (metal.Device, error) {
		if kind != string(metal.CPU) {
			return nil, fmt.Errorf("%s: %w: tests run on the cpu", kind, metal.ErrUnavailable)
		}
		dev, err := cpu.Open(cpu.Options{})
		if err != nil || fault == nil {
			return dev, err
		}
		return &device{dev, fault}, nil
	}
	return p
}

// Missing leaves out every dispatch of the kernels whose names begin so: what
// they should have written stays as it was.
func Missing(kernel string) Fault {
	return func(d metal.Dispatch) (metal.Dispatch, bool) {
		return d, !strings.HasPrefix(d.Kernel.Name(), kernel)
	}
}

// Swapped exchanges two arguments of the kernels whose names begin so.
func Swapped(kernel string, i, j int) Fault {
	return func(d metal.Dispatch) (metal.Dispatch, bool) {
		if strings.HasPrefix(d.Kernel.Name(), kernel) {
			args := append([]metal.Arg(nil), d.Args...)
			args[i], args[j] = args[j], args[i]
			d.Args = args
		}
		return d, true
	}
}

type device struct {
	metal.Device
	fault Fault
}

func (d *device) apply(in []metal.Dispatch) []metal.Dispatch {
	var out []metal.Dispatch
	for _, x := range in {
		if y, keep := d.fault(x); keep {
			out = append(out, y)
		}
	}
	return out
}

// Record implements metal.Device.
func (d *device) Record(iterations ...[]metal.Dispatch) (metal.Program, error) {
	changed := make([][]metal.Dispatch, len(iterations))
	for i, it := range iterations {
		changed[i] = d.apply(it)
	}
	return d.Device.Record(changed...)
}

// Submit implements metal.Device.
func (d *device) Submit(ctx context.Context, dispatches []metal.Dispatch) (metal.Times, error) {
	return d.Device.Submit(ctx, d.apply(dispatches))
}
