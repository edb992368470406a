package cuda

import (
	"context"
	"fmt"
	"slices"
	"unsafe"

	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/internal/front"
	"github.com/assay-bench/assay/metal/msl"
)

// library compiles the kernels of one source.
type library struct {
	d       *device
	ctx     context.Context    // of Compile; bounds compilations for function constants too
	modules map[string]uintptr // by rendered source's key
}

// Compile reads a source.
func (d *device) Compile(ctx context.Context, src metal.Source) (front.Library, error) {
	return front.Rendered(src, (&library{d: d, ctx: ctx, modules: map[string]uintptr{}}).kernel)
}

func (l *library) kernel(unit *msl.Unit, k *msl.Kernel, constants map[int]any) (front.Kernel, error) {
	module, key, err := l.module(unit, k.Name, constants)
	if err != nil {
		return nil, err
	}
	l.d.origins[k.Name] = origin{key, k.Symbol}
	defer l.d.enter()()
	return l.d.entry(module, unit, k)
}

// module returns the loaded machine code of a kernel for a set of function
// constants, and its key in the cache.
func (l *library) module(unit *msl.Unit, name string, constants map[int]any) (module uintptr, key string, err error) {
	d := l.d
	source, options, err := render(unit, name, constants, d.compiler.arch)
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
			if image, err = d.compiler.compile(l.ctx, unit.File, source, options); err != nil {
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
			return 0, "", fmt.Errorf("%s: %w", unit.File, err)
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
