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

// library compiles the kernels of one source.
type library struct {
	d       *device
	ctx     context.Context
	checked map[string]bool // kernels whose address spaces were
}

type kernel struct {
	k     *msl.Kernel
	files []string // of its source; none of a compiled library's

	declared []front.Argument
	module   string // path of the shared object
}

// Compile reads a source.
func (d *device) Compile(ctx context.Context, src metal.Source) (front.Library, error) {
	if src.Library != "" {
		return d.open(ctx, src)
	}
	return front.Rendered(src, (&library{d: d, ctx: ctx, checked: map[string]bool{}}).kernel)
}

func (l *library) kernel(unit *msl.Unit, k *msl.Kernel, constants map[int]any) (front.Kernel, error) {
	source, err := unit.Host(msl.Options{Kernels: []string{k.Name}, Constants: constants})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", metal.ErrCompile, err)
	}
	module, err := l.d.compiler.kernel(l.ctx, unit, k, source, !l.checked[k.Name])
	if err != nil {
		return nil, err
	}
	l.checked[k.Name] = true
	return &kernel{k: k, files: unit.Files, declared: front.ArgumentsOf(unit, k), module: module}, nil
}

func (k *kernel) name() string { return k.k.Name }

// Arguments are what the source or the compiled library declares.
func (k *kernel) Arguments() []front.Argument { return k.declared }

// MaxGroupMemory is that of every Apple GPU. runtime/worker.h has it too, where
// variables count as well.
func (k *kernel) MaxGroupMemory() int { return 32 << 10 }

func (k *kernel) MaxThreads() int {
	if k.k.MaxThreads > 0 {
		return min(k.k.MaxThreads, maxThreads)
	}
	return maxThreads
}
