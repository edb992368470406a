package apple

import (
	"context"
	"fmt"
	"slices"
	"unsafe"

	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/internal/front"
	"github.com/assay-bench/assay/metal/internal/near"
)

// library is a compiled source.
type library struct {
	d     *device
	id    uintptr
	file  string
	names []string
}

// kernel is a pipeline state, ready to dispatch.
type kernel struct {
	name        string
	pipeline    uintptr
	maxThreads  int
	groupMemory int // bytes of threadgroup memory beside what it declares itself
}

// Compile hands Metal the source, or the compiled library. Metal cannot be
// interrupted: when ctx ends first, the compilation is left to end by itself,
// and what it makes to the end of the process.
func (d *device) Compile(ctx context.Context, src metal.Source) (front.Library, error) {
	text, err := handed(src)
	if err != nil {
		return nil, err
	}
	type outcome struct {
		id   uintptr
		text string
	}
	done := make(chan outcome, 1)
	gpu := d.b.retain(d.gpu) // the device may be closed meanwhile
	go func() {
		defer d.b.release(gpu)
		defer d.b.pool()()
		var o outcome
		var failed uintptr
		if src.Library != "" {
			url := d.b.msg(d.b.class("NSURL"), sel.fileURL, d.b.nsString(text))
			o.id = d.b.msg(gpu, sel.openLibrary, url, uintptr(unsafe.Pointer(&failed)))
		} else {
			options := d.b.create("MTLCompileOptions")
			defer d.b.release(options)
			d.b.msg(options, sel.setFastMath, 0) // off, as on the other devices
			d.b.msg(options, sel.setLanguage, d.language)
			o.id = d.b.msg(gpu, sel.newLibrary, d.b.nsString(text), options, uintptr(unsafe.Pointer(&failed)))
		}
		if o.id == 0 {
			o.text = d.b.failure(failed)
		}
		done <- o
	}()
	select {
	case o := <-done:
		if o.id == 0 {
			return nil, fmt.Errorf("%w: %s: %s", metal.ErrCompile, src.Name, o.text)
		}
		d.owned = append(d.owned, o.id)
		l := &library{d: d, id: o.id, file: src.Name}
		l.list()
		return l, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("compile %s: %w", src.Name, ctx.Err())
	}
}

func (l *library) list() {
	b := l.d.b
	defer b.pool()()
	names := b.msg(l.id, sel.functionNames)
	for i := range b.msg(names, sel.count) {
		l.names = append(l.names, b.text(b.msg(names, sel.objectAtIndex, i)))
	}
	slices.Sort(l.names)
}

// Names lists the kernels.
func (l *library) Names() []string { return slices.Clone(l.names) }

// Kernel makes the pipeline state of a kernel.
func (l *library) Kernel(name string, constants map[int]any) (front.Kernel, error) {
	d, b := l.d, l.d.b
	if !slices.Contains(l.names, name) {
		return nil, near.NoKernel(l.file, name, l.names)
	}
	defer b.pool()()
	var failed, function uintptr
	if len(constants) == 0 {
		function = b.msg(l.id, sel.newFunction, b.nsString(name))
	} else {
		values := b.create("MTLFunctionConstantValues")
		defer b.release(values)
		for index, v := range constants {
			data, kind, err := constant(v)
			if err != nil {
				return nil, fmt.Errorf("kernel %s: function constant %d: %w", name, index, err)
			}
			b.msg(values, sel.setConstant, uintptr(unsafe.Pointer(&data[0])), kind, uintptr(index))
		}
		function = b.msg(l.id, sel.newSpecialized, b.nsString(name), values, uintptr(unsafe.Pointer(&failed)))
	}
	if function == 0 {
		return nil, fmt.Errorf("kernel %s: %w: %s", name, metal.ErrCompile, b.failure(failed))
	}
	defer b.release(function)
	k := &kernel{name: name, pipeline: b.msg(d.gpu, sel.newPipeline, function, uintptr(unsafe.Pointer(&failed)))}
	if k.pipeline == 0 {
		return nil, fmt.Errorf("kernel %s: %w: %s", name, metal.ErrCompile, b.failure(failed))
	}
	d.owned = append(d.owned, k.pipeline)
	k.maxThreads = int(b.msg(k.pipeline, sel.maxThreads))
	k.groupMemory = d.groupMemory - int(b.msg(k.pipeline, sel.fixedGroupMemory))
	if w := b.msg(k.pipeline, sel.executionWidth); w != 32 {
		return nil, fmt.Errorf("kernel %s: simdgroups of %d threads: kernels are written for 32", name, w)
	}
	return k, nil
}

// MaxThreads is the most threads of one threadgroup.
func (k *kernel) MaxThreads() int { return k.maxThreads }

// MaxGroupMemory is the threadgroup memory that a dispatch may add.
func (k *kernel) MaxGroupMemory() int { return k.groupMemory }
