package cpu

import (
	"math"
	"slices"

	"github.com/assay-bench/assay/metal/dtype"
	"github.com/assay-bench/assay/metal/internal/front"
	"github.com/assay-bench/assay/metal/internal/near"
	"github.com/assay-bench/assay/metal/kernels"
)

// library has every native kernel; it does not depend on any source.
type library struct{}

// kernel is one native twin.
type kernel struct {
	kernels.Kernel
	bind func(*binder) task

	mode mode
	t    dtype.DType // of activations
}

// Arguments are what the op declares.
func (k *kernel) Arguments() []front.Argument {
	var list []front.Argument
	for i, b := range k.Op.Bindings(k.Format) {
		list = append(list, front.Argument{Name: b.Name, Index: i, Written: b.Out, Bytes: b.Bytes, Inline: b.Bytes > 0})
	}
	return list
}

func (k *kernel) MaxThreads() int { return maxThreadgroup }

// maxThreadgroup is what Metal and CUDA allow; threadgroups and their memory have
// no other meaning here.
const maxThreadgroup = 1024

func (k *kernel) MaxGroupMemory() int { return math.MaxInt }

// Kernel looks a native twin up. Function constants have no effect: a twin
// reads everything from its parameters.
func (library) Kernel(name string, _ map[int]any) (front.Kernel, error) {
	k, ok := kernels.Find(name)
	if !ok || !native(k) {
		return nil, near.NoKernel("the cpu device", name, library{}.Names())
	}
	return &kernel{Kernel: k, bind: twins[k.Op.Name], mode: modes[k.Mode], t: k.Format.DType}, nil
}

// native reports whether a kernel has a twin. Variants have none: how threads are
// spread is decided here.
func native(k kernels.Kernel) bool { return twins[k.Op.Name] != nil && k.Variant == "" }

func (library) Names() []string {
	return slices.DeleteFunc(kernels.Names(), func(name string) bool {
		k, _ := kernels.Find(name)
		return !native(k)
	})
}
