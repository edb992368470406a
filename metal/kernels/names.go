package kernels

import (
	"maps"
	"slices"
	"sync"

	"github.com/assay-bench/assay/metal/dtype"
	"github.com/assay-bench/assay/metal/quant"
)

// Kernel is what a kernel's host name says: one thing to compile. Of an op without
// quantized weights, the format is the activations' type alone.
type Kernel struct {
	Op      *Op
	Mode    Mode   // of an op that rounds
	Variant string // one of the op's; empty: the op itself
	Format  quant.Format
}

// Name is the kernel's host name: gather_qmm_grouped_bf16_b4_g64.
func (k Kernel) Name() string {
	name := k.Op.Name
	for _, part := range []string{string(k.Mode), k.Variant, k.Op.Suffix(k.Format)} {
		if part != "" {
			name += "_" + part
		}
	}
	return name
}

// Suffix is how a kernel's name ends: f16, or f16_b4_g64 for quantized weights.
func (o *Op) Suffix(f quant.Format) string {
	if o.Weights() {
		return f.String()
	}
	return f.DType.String()
}

// Kernels are the op's kernels for a format: one, or one for each mode, and its
// variants.
func (o *Op) Kernels(f quant.Format) []Kernel {
	var list []Kernel
	for _, m := range o.modes() {
		for _, v := range append([]string{""}, o.Variants...) {
			list = append(list, Kernel{o, m, v, f})
		}
	}
	return list
}

func (o *Op) modes() []Mode {
	if o.Rounds {
		return Modes[:]
	}
	return []Mode{""}
}

// named are all kernels by their host names.
var named = sync.OnceValue(func() map[string]Kernel {
	list := map[string]Kernel{}
	for _, o := range all {
		for _, f := range o.Formats() {
			for _, k := range o.Kernels(f) {
				list[k.Name()] = k
			}
		}
	}
	return list
})

// Find is the kernel of a host name.
func Find(name string) (Kernel, bool) {
	k, ok := named()[name]
	return k, ok
}

// Names are the host names of all kernels, sorted.
func Names() []string { return slices.Sorted(maps.Keys(named())) }

// Formats are those that the op has kernels for.
func (o *Op) Formats() []quant.Format {
	if !o.Weights() {
		var list []quant.Format
		for _, dt := range dtype.All() {
			list = append(list, quant.Format{DType: dt})
		}
		return list
	}
	return slices.DeleteFunc(quant.Formats(), func(f quant.Format) bool { return o.Takes(f) != nil })
}
