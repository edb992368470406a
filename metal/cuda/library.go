package cuda

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unsafe"

	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/msl"
)

// library is a Metal source that was read. Its machine code is made once for
// all kernels, and again for each set of function constants.
type library struct {
	d       *Device
	ctx     context.Context // of Compile; bounds compilations for function constants too
	unit    *msl.Unit
	modules map[string]uintptr // by rendered source's key
}

// kernel is an entry point on the GPU.
type kernel struct {
	d          *Device
	name       string
	function   uintptr
	params     []param
	maxThreads int
	shared     int // bytes of threadgroup memory that the kernel declares itself
	maxShared  int // bytes that may be added at a launch
	raised     int // bytes that the driver was told to allow
}

// param is one argument of an entry point.
type param struct {
	msl.Param
	name string
	size int // bytes of a ParamValue
}

// Compile renders and compiles a source.
func (d *Device) Compile(ctx context.Context, src metal.Source) (metal.Library, error) {
	if err := d.usable(); err != nil {
		return nil, err
	}
	unit, err := msl.Parse(src.Name, src.Text, src.Defines)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", metal.ErrCompile, err)
	}
	l := &library{d: d, ctx: ctx, unit: unit, modules: map[string]uintptr{}}
	if len(unit.Kernels) > 0 {
		if _, _, err := l.module(nil); err != nil {
			return nil, err
		}
	}
	return l, nil
}

// Names lists the kernels.
func (l *library) Names() []string { return l.unit.Names() }

// Kernel looks a kernel up.
func (l *library) Kernel(name string, constants map[int]any) (metal.Kernel, error) {
	if err := l.d.usable(); err != nil {
		return nil, err
	}
	k, ok := l.unit.Kernel(name)
	if !ok {
		return nil, fmt.Errorf("%s: %w: %q%s", l.unit.File, metal.ErrNoKernel, name, l.unit.Near(name))
	}
	if err := l.unit.CheckConstants(k, constants); err != nil {
		return nil, fmt.Errorf("%w: %w", metal.ErrCompile, err)
	}
	module, key, err := l.module(constants)
	if err != nil {
		return nil, err
	}
	l.d.origins[name] = origin{key, k.Symbol}
	defer l.d.enter()()
	return l.d.entry(module, k)
}

// module returns the loaded machine code for a set of function constants, and
// its key in the cache.
func (l *library) module(constants map[int]any) (module uintptr, key string, err error) {
	d := l.d
	source, options, err := render(l.unit, constants, d.compiler.arch)
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

// overlapPrologue makes a launch that began early wait for the kernel before it
// and its writes, and then lets the next one begin early. PTX ISA,
// griddepcontrol; without an early launch it does nothing.
//
// While it waits it asks for the first cache line of each buffer, where small
// ones such as expert indices lie whole: a prefetch into the L2 cache cannot go
// stale, since that is where all multiprocessors' writes meet.
func overlapPrologue(k *msl.Kernel, names []string) string {
	var b strings.Builder
	b.WriteString("if (threadIdx.x == 0) { ")
	for i, p := range k.CUDAParams(false) {
		if p.Kind == msl.ParamBuffer {
			fmt.Fprintf(&b, "if (%s) asm volatile(\"prefetch.global.L2 [%%0];\" :: \"l\"(%s)); ", names[i], names[i])
		}
	}
	b.WriteString("} ")
	b.WriteString(`asm volatile("griddepcontrol.wait;" ::: "memory"); asm volatile("griddepcontrol.launch_dependents;" ::: "memory");`)
	return b.String()
}

// overlapping reports whether an architecture has programmatic launches.
func overlapping(arch string) bool {
	_, digits, _ := strings.Cut(arch, "_")
	n, err := strconv.Atoi(digits)
	return err == nil && n >= 90
}

// render writes a unit as CUDA C++ with the options to compile it by.
func render(unit *msl.Unit, constants map[int]any, arch string) (source string, options []string, err error) {
	o := msl.Options{Constants: constants}
	if overlapping(arch) {
		o.Prologue = overlapPrologue
	}
	source, err = unit.CUDA(o)
	if err != nil {
		return "", nil, fmt.Errorf("%w: %w", metal.ErrCompile, err)
	}
	return source, append([]string{"--gpu-architecture=" + arch, "--generate-line-info"}, unit.CUDAFlags()...), nil
}

func (d *Device) loadModule(image []byte) (uintptr, error) {
	defer d.enter()()
	var m uintptr
	image = append(slices.Clone(image), 0) // PTX ends with a NUL
	err := d.check("cuModuleLoadData", d.cu.ModuleLoadData.call(uintptr(unsafe.Pointer(&m)), uintptr(unsafe.Pointer(&image[0]))))
	if err == nil {
		d.modules = append(d.modules, m)
	}
	return m, err
}

// Function attributes. CUDA driver API, enum CUfunction_attribute.
const (
	funcMaxThreads    = 0
	funcSharedBytes   = 1
	funcMaxDynamicMem = 8
)

// entry resolves everything a launch of k needs.
func (d *Device) entry(module uintptr, k *msl.Kernel) (*kernel, error) {
	out := &kernel{d: d, name: k.Name}
	symbol := cString(k.Symbol)
	if err := d.check("cuModuleGetFunction", d.cu.ModuleGetFunction.call(
		uintptr(unsafe.Pointer(&out.function)), module, uintptr(unsafe.Pointer(symbol)))); err != nil {
		return nil, fmt.Errorf("kernel %s: %w", k.Name, err)
	}
	attribute := func(which int) (v int32) {
		d.cu.FuncGetAttribute.call(uintptr(unsafe.Pointer(&v)), uintptr(which), out.function)
		return v
	}
	out.maxThreads = int(attribute(funcMaxThreads))
	if k.MaxThreads > 0 {
		out.maxThreads = min(out.maxThreads, k.MaxThreads)
	}
	out.shared = int(attribute(funcSharedBytes))
	out.maxShared = d.attribute(attrSharedOptin) - out.shared

	sizes, err := d.sizes(module, k)
	if err != nil {
		return nil, fmt.Errorf("kernel %s: %w", k.Name, err)
	}
	for _, p := range k.CUDAParams(false) {
		named := param{Param: p}
		if p.Arg >= 0 {
			named.name = k.Args[p.Arg].Name
		}
		if p.Kind == msl.ParamValue {
			if len(sizes) == 0 {
				return nil, errors.New("rendered source lists too few argument sizes")
			}
			named.size, sizes = int(sizes[0]), sizes[1:]
		}
		out.params = append(out.params, named)
	}
	return out, nil
}

// sizes reads the sizes of the entry point's by-value arguments.
func (d *Device) sizes(module uintptr, k *msl.Kernel) ([]uint32, error) {
	var at uintptr
	var n uint64
	symbol := cString(k.Symbol + "_sizes")
	if err := d.check("cuModuleGetGlobal", d.cu.ModuleGetGlobal.call(
		uintptr(unsafe.Pointer(&at)), uintptr(unsafe.Pointer(&n)), module, uintptr(unsafe.Pointer(symbol)))); err != nil {
		return nil, err
	}
	data := make([]byte, n)
	b := &Buffer{d: d, at: at, size: int(n)}
	if err := b.Read(0, data); err != nil {
		return nil, err
	}
	out := make([]uint32, n/4)
	for i := range out {
		out[i] = binary.LittleEndian.Uint32(data[4*i:])
	}
	return out, nil
}

// Name is the host name.
func (k *kernel) Name() string { return k.name }

// MaxThreads is the most threads of one threadgroup.
func (k *kernel) MaxThreads() int { return k.maxThreads }
