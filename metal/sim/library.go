package sim

import (
	"context"
	"fmt"

	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/internal/front"
	"github.com/assay-bench/assay/metal/internal/near"
	"github.com/assay-bench/assay/metal/msl"
)

// maxThreads of a threadgroup, as on every Apple GPU. runtime/worker.h has it too.
const maxThreads = 1024

type library struct {
	d       *device
	ctx     context.Context
	unit    *msl.Unit
	checked map[string]bool // kernels whose address spaces were
}

type kernel struct {
	k      *msl.Kernel
	files  []string // of its source; none of a compiled library's
	module string   // path of the shared object
}

// Compile reads a source. Each kernel is compiled when it is looked up, with what
// it needs of the source and no more.
func (d *device) Compile(ctx context.Context, src metal.Source) (front.Library, error) {
	if src.Library != "" {
		return d.open(ctx, src)
	}
	unit, err := msl.Parse(src.Name, src.Text, src.Defines)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", metal.ErrCompile, err)
	}
	return &library{d: d, ctx: ctx, unit: unit, checked: map[string]bool{}}, nil
}

func (l *library) Names() []string { return l.unit.Names() }

// Kernel looks a kernel up by host name and compiles it.
func (l *library) Kernel(name string, constants map[int]any) (front.Kernel, error) {
	k, ok := l.unit.Kernel(name)
	if !ok {
		return nil, near.NoKernel(l.unit.File, name, l.unit.Names())
	}
	if err := l.unit.Check(k, constants); err != nil {
		return nil, fmt.Errorf("%w: %w", metal.ErrCompile, err)
	}
	source, err := l.unit.Host(msl.Options{Kernels: []string{name}, Constants: constants})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", metal.ErrCompile, err)
	}
	module, err := l.d.compiler.kernel(l.ctx, l.unit, k, source, !l.checked[name])
	if err != nil {
		return nil, fmt.Errorf("%w%s", err, l.unit.LeftOut(k))
	}
	l.checked[name] = true
	return &kernel{k: k, files: l.unit.Files, module: module}, nil
}

func (k *kernel) name() string { return k.k.Name }

// Arguments are what the source or the compiled library declares.
func (k *kernel) Arguments() []front.Argument { return front.ArgumentsOf(k.k) }

// MaxGroupMemory is that of every Apple GPU. runtime/worker.h has it too, where
// variables count as well.
func (k *kernel) MaxGroupMemory() int { return 32 << 10 }

func (k *kernel) MaxThreads() int {
	if k.k.MaxThreads > 0 {
		return min(k.k.MaxThreads, maxThreads)
	}
	return maxThreads
}
