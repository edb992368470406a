package sim

import (
	"context"
	"fmt"

	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/internal/front"
	"github.com/assay-bench/assay/metal/msl"
)

// maxThreads of a threadgroup, as on every Apple GPU. runtime/worker.h has it too.
const maxThreads = 1024

type library struct {
	d    *device
	ctx  context.Context
	unit *msl.Unit
}

type kernel struct {
	unit   *msl.Unit
	k      *msl.Kernel
	module string // path of the shared object
}

// Compile reads, renders and compiles a source. Kernels that need function
// constants are compiled again when they are looked up with values.
func (d *device) Compile(ctx context.Context, src metal.Source) (front.Library, error) {
	unit, err := msl.Parse(src.Name, src.Text, src.Defines)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", metal.ErrCompile, err)
	}
	l := &library{d: d, ctx: ctx, unit: unit}
	if len(unit.Kernels) > 0 {
		if _, err := l.module(nil); err != nil {
			return nil, err
		}
	}
	return l, nil
}

func (l *library) module(constants map[int]any) (string, error) {
	source, err := l.unit.Host(msl.Options{Constants: constants})
	if err != nil {
		return "", fmt.Errorf("%w: %w", metal.ErrCompile, err)
	}
	return l.d.compiler.kernels(l.ctx, l.unit, source, constants == nil)
}

func (l *library) Names() []string { return l.unit.Names() }

// Kernel looks a kernel up by host name.
func (l *library) Kernel(name string, constants map[int]any) (front.Kernel, error) {
	k, ok := l.unit.Kernel(name)
	if !ok {
		return nil, fmt.Errorf("%s: %w: %q%s", l.unit.File, metal.ErrNoKernel, name, l.unit.Near(name))
	}
	if err := l.unit.CheckConstants(k, constants); err != nil {
		return nil, fmt.Errorf("%w: %w", metal.ErrCompile, err)
	}
	module, err := l.module(constants)
	if err != nil {
		return nil, err
	}
	return &kernel{unit: l.unit, k: k, module: module}, nil
}

func (k *kernel) name() string { return k.k.Name }

// MaxGroupMemory is that of every Apple GPU. runtime/worker.h has it too, where
// variables count as well.
func (k *kernel) MaxGroupMemory() int { return 32 << 10 }

func (k *kernel) MaxThreads() int {
	if k.k.MaxThreads > 0 {
		return min(k.k.MaxThreads, maxThreads)
	}
	return maxThreads
}
