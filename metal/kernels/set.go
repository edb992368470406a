package kernels

import (
	"context"
	"fmt"

	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/internal/near"
)

// Set is the kernels of one device. Its builder methods, one per op, check
// shapes and buffers and return the dispatches that compute the op, in order.
// Like its device, a Set is used from one goroutine at a time.
type Set struct {
	ctx       context.Context // of Load: bounds every compilation
	device    metal.Device
	kind      metal.Kind
	libraries map[library]metal.Library
	kernels   map[Kernel]metal.Kernel
}

// library is one compiled source: a file for one specialization.
type library struct{ file, suffix string }

// Load prepares the kernels for a device. Sources are compiled when an op is
// first built for a format; ctx bounds those compilations too, so it must live
// as long as new ops are built.
func Load(ctx context.Context, dev metal.Device) (*Set, error) {
	if dev == nil {
		return nil, fmt.Errorf("load kernels: no device")
	}
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("load kernels: %w", err)
	}
	return &Set{
		ctx: ctx, device: dev, kind: dev.Info().Kind,
		libraries: map[library]metal.Library{},
		kernels:   map[Kernel]metal.Kernel{},
	}, nil
}

// Device is the device the set was loaded for.
func (s *Set) Device() metal.Device { return s.device }

// Kernel looks a kernel up by its host name, deciding everything again at each
// call except the compilation itself. The builders remember what they found.
func (s *Set) Kernel(name string) (metal.Kernel, error) {
	k, ok := Find(name)
	if !ok {
		return nil, near.NoKernel("package kernels", name, Names())
	}
	return s.lookup(k)
}

// kernel is lookup, remembered.
func (s *Set) kernel(k Kernel) (metal.Kernel, error) {
	if found, ok := s.kernels[k]; ok {
		return found, nil
	}
	found, err := s.lookup(k)
	if err == nil {
		s.kernels[k] = found
	}
	return found, err
}

func (s *Set) lookup(k Kernel) (metal.Kernel, error) {
	name := k.Name()
	key := library{k.Op.File, k.Op.Suffix(k.Format)}
	lib, ok := s.libraries[key]
	if !ok {
		src, err := k.source(s.kind)
		if err != nil {
			return nil, err
		}
		if lib, err = s.device.Compile(s.ctx, src); err != nil {
			return nil, fmt.Errorf("kernel %s: compile %s: %w", name, src.Name, err)
		}
		s.libraries[key] = lib
	}
	found, err := lib.Kernel(name, nil)
	if err != nil {
		return nil, fmt.Errorf("kernel %s: %w", name, err)
	}
	return found, nil
}
