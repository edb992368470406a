package kernels

import (
	"slices"
	"strings"

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
		return []Mode{FP32, FP32NoFMA, Exact}
	}
	return []Mode{""}
}

// Find takes a kernel's host name apart.
func Find(name string) (Kernel, bool) {
	for _, o := range all {
		rest, ok := strings.CutPrefix(name, o.Name+"_")
		if !ok {
			continue
		}
		for _, m := range o.modes() {
			for _, v := range append([]string{""}, o.Variants...) {
				f, ok := o.format(rest, string(m), v)
				if ok {
					return Kernel{o, m, v, f}, true
				}
			}
		}
	}
	return Kernel{}, false
}

// format reads what follows an op's name, after these parts.
func (o *Op) format(rest string, parts ...string) (quant.Format, bool) {
	for _, part := range parts {
		var ok bool
		if rest, ok = strings.CutPrefix(rest, part); !ok {
			return quant.Format{}, false
		}
		if part != "" {
			if rest, ok = strings.CutPrefix(rest, "_"); !ok {
				return quant.Format{}, false
			}
		}
	}
	for _, f := range o.Formats() {
		if o.Suffix(f) == rest {
			return f, true
		}
	}
	return quant.Format{}, false
}

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

// Names are the host names of all kernels.
func Names() []string {
	var names []string
	for _, o := range all {
		for _, f := range o.Formats() {
			for _, k := range o.Kernels(f) {
				names = append(names, k.Name())
			}
		}
	}
	return names
}
