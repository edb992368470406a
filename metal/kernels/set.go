package kernels

import (
	"context"
	"fmt"

	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/quant"
)

// Set is the kernels of one device. Its builder methods, one per op, check
// shapes and buffers and return the dispatches that compute the op, in order.
// Like its device, a Set is used from one goroutine at a time.
type Set struct {
	ctx       context.Context // of Load: bounds every compilation
	device    metal.Device
	kind      metal.Kind
	libraries map[library]metal.Library
	kernels   map[specialization]metal.Kernel
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
		kernels:   map[specialization]metal.Kernel{},
	}, nil
}

// Device is the device the set was loaded for.
func (s *Set) Device() metal.Device { return s.device }

// Kernel looks a kernel up by its host name, deciding everything again at each
// call except the compilation itself. The builders remember what they found.
func (s *Set) Kernel(name string) (metal.Kernel, error) {
	spec, err := parseName(name)
	if err != nil {
		return nil, err
	}
	return s.lookup(spec)
}

// kernel is lookup, remembered.
func (s *Set) kernel(spec specialization) (metal.Kernel, error) {
	if k, ok := s.kernels[spec]; ok {
		return k, nil
	}
	k, err := s.lookup(spec)
	if err == nil {
		s.kernels[spec] = k
	}
	return k, err
}

func (s *Set) lookup(spec specialization) (metal.Kernel, error) {
	key := library{fileOf(spec.op), spec.suffix()}
	lib, ok := s.libraries[key]
	if !ok {
		src, err := spec.source(s.kind)
		if err != nil {
			return nil, err
		}
		if lib, err = s.device.Compile(s.ctx, src); err != nil {
			return nil, fmt.Errorf("kernel %s: compile %s: %w", spec.name(), src.Name, err)
		}
		s.libraries[key] = lib
	}
	k, err := lib.Kernel(spec.name(), nil)
	if err != nil {
		return nil, fmt.Errorf("kernel %s: %w", spec.name(), err)
	}
	return k, nil
}

// dispatch puts the parts together: args in binding order, the parameter block last.
func (s *Set) dispatch(spec specialization, l launch, params []byte, args ...metal.Arg) ([]metal.Dispatch, error) {
	if l.Op != "" && s.kind != metal.CPU {
		spec.op = l.Op
	}
	k, err := s.kernel(spec)
	if err != nil {
		return nil, err
	}
	return []metal.Dispatch{{
		Kernel: k, Args: append(args, metal.Arg{Bytes: params}),
		Grid: l.Grid, Threadgroup: l.Threadgroup, ThreadgroupMemory: l.Memory,
	}}, nil
}

func (s *Set) dispatchQuantized(op string, f quant.Format, l launch, params []byte, args ...metal.Arg) ([]metal.Dispatch, error) {
	return s.dispatch(quantized(op, f), l, params, args...)
}
