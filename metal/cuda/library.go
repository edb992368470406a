package cuda

import (
	"context"
	"fmt"
	"slices"
	"unsafe"

	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/internal/front"
	"github.com/assay-bench/assay/metal/internal/near"
	"github.com/assay-bench/assay/metal/msl"
)

// library is a Metal source that was read. The machine code of a kernel is made
// when it is looked up, for its function constants.
type library struct {
	d       *device
	ctx     context.Context // of Compile; bounds compilations for function constants too
	unit    *msl.Unit
	modules map[string]uintptr // by rendered source's key
}

// Compile reads a source.
func (d *device) Compile(ctx context.Context, src metal.Source) (front.Library, error) {
	unit, err := msl.Parse(src.Name, src.Text, src.Defines)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", metal.ErrCompile, err)
	}
	return &library{d: d, ctx: ctx, unit: unit, modules: map[string]uintptr{}}, nil
}

// Names lists the kernels.
func (l *library) Names() []string { return l.unit.Names() }

// Kernel looks a kernel up and compiles it, with what it needs of the source.
func (l *library) Kernel(name string, constants map[int]any) (front.Kernel, error) {
	k, ok := l.unit.Kernel(name)
	if !ok {
		return nil, near.NoKernel(l.unit.File, name, l.unit.Names())
	}
	if err := l.unit.Check(k, constants); err != nil {
		return nil, fmt.Errorf("%w: %w", metal.ErrCompile, err)
	}
	module, key, err := l.module(name, constants)
	if err != nil {
		return nil, fmt.Errorf("%w%s", err, l.unit.LeftOut(k))
	}
	l.d.origins[name] = origin{key, k.Symbol}
	defer l.d.enter()()
	return l.d.entry(module, k)
}

// module returns the loaded machine code of a kernel for a set of function
// constants, and its key in the cache.
func (l *library) module(name string, constants map[int]any) (module uintptr, key string, err error) {
	d := l.d
	source, options, err := render(l.unit, name, constants, d.compiler.arch)
	if err != nil {
		return 0, "", err
	}
	key = keyOf(source, options, d.info.Family, d.compiler.version)
	if m, ok := l.modules[key]; ok {
		return m, key, nil
	}
	image, cached := d.cache.get(key)
	for {
		if !cached {
			if image, err = d.compiler.compile(l.ctx, l.unit.File, source, options); err != nil {
				return 0, "", err
			}
		}
		m, err := d.loadModule(image)
		if err == nil {
			if !cached {
				d.cache.put(key, image)
			}
			l.modules[key] = m
			return m, key, nil
		}
		if !cached {
			return 0, "", fmt.Errorf("%s: %w", l.unit.File, err)
		}
		d.cache.drop(key) // a driver that refuses cached code may take a fresh one
		cached = false
	}
}

// render writes a kernel of a unit as CUDA C++ with the options to compile it by.
func render(unit *msl.Unit, name string, constants map[int]any, arch string) (source string, options []string, err error) {
	o := msl.Options{Kernels: []string{name}, Constants: constants}
	if overlapping(arch) {
		o.Prologue = overlapPrologue
	}
	source, err = unit.CUDA(o)
	if err != nil {
		return "", nil, fmt.Errorf("%w: %w", metal.ErrCompile, err)
	}
	return source, append([]string{"--gpu-architecture=" + arch, "--generate-line-info"}, unit.CUDAFlags()...), nil
}

func (d *device) loadModule(image []byte) (uintptr, error) {
	defer d.enter()()
	var m uintptr
	image = append(slices.Clone(image), 0) // PTX ends with a NUL
	err := d.check("cuModuleLoadData", d.cu.ModuleLoadData.call(uintptr(unsafe.Pointer(&m)), uintptr(unsafe.Pointer(&image[0]))))
	if err == nil {
		d.modules = append(d.modules, m)
	}
	return m, err
}
