package cuda

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"unsafe"

	"github.com/assay-bench/assay/metal/internal/front"
	"github.com/assay-bench/assay/metal/msl"
)

// kernel is an entry point on the GPU.
type kernel struct {
	name       string
	function   uintptr
	params     []param
	maxThreads int
	shared     int // bytes of threadgroup memory that the kernel declares itself
	maxShared  int // bytes that may be added at a launch
	raised     int // bytes that the driver was told to allow
	declared   []front.Argument
}

// Arguments are what the source declares, with the sizes that the compiler found.
func (k *kernel) Arguments() []front.Argument { return k.declared }

// param is one argument of an entry point.
type param struct {
	msl.Param
	name string
	size int // bytes of a ParamValue
}

// MaxThreads is the most threads of one threadgroup.
func (k *kernel) MaxThreads() int { return k.maxThreads }

// MaxGroupMemory is the bytes that a launch may add to the kernel's own.
func (k *kernel) MaxGroupMemory() int { return k.maxShared }

// Function attributes. CUDA driver API, enum CUfunction_attribute.
const (
	funcMaxThreads    = 0
	funcSharedBytes   = 1
	funcMaxDynamicMem = 8
)

// entry resolves everything a launch of k needs.
func (d *device) entry(module uintptr, unit *msl.Unit, k *msl.Kernel) (*kernel, error) {
	out := &kernel{name: k.Name, declared: front.ArgumentsOf(unit, k)}
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
			i := slices.IndexFunc(out.declared, func(a front.Argument) bool { return a.Index == p.Index && !a.Group })
			out.declared[i].Bytes, out.declared[i].Inline = named.size, true
		}
		out.params = append(out.params, named)
	}
	return out, nil
}

// sizes reads the sizes of the entry point's by-value arguments.
func (d *device) sizes(module uintptr, k *msl.Kernel) ([]uint32, error) {
	var at uintptr
	var n uint64
	symbol := cString(k.Symbol + "_sizes")
	if err := d.check("cuModuleGetGlobal", d.cu.ModuleGetGlobal.call(
		uintptr(unsafe.Pointer(&at)), uintptr(unsafe.Pointer(&n)), module, uintptr(unsafe.Pointer(symbol)))); err != nil {
		return nil, err
	}
	data := make([]byte, n)
	if err := (&memory{d: d, at: at}).Read(0, data); err != nil {
		return nil, err
	}
	out := make([]uint32, n/4)
	for i := range out {
		out[i] = binary.LittleEndian.Uint32(data[4*i:])
	}
	return out, nil
}
