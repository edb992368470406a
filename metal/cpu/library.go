package cpu

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/assay-bench/assay/metal/dtype"
	"github.com/assay-bench/assay/metal/internal/front"
	"github.com/assay-bench/assay/metal/internal/near"
)

// library has every native kernel; it does not depend on any source.
type library struct{}

// kernel is one native twin: an op with what its name fixes.
type kernel struct {
	name        string
	op          op
	mode        mode
	t           dtype.DType
	bits, group int // 0 for ops without quantized weights
}

func (k *kernel) MaxThreads() int { return maxThreadgroup }

// maxThreadgroup is what Metal and CUDA allow; threadgroups and their memory have
// no other meaning here.
const maxThreadgroup = 1024

func (k *kernel) MaxGroupMemory() int { return math.MaxInt }

// Kernel looks a native twin up. Function constants have no effect: a twin
// reads everything from its parameters.
func (library) Kernel(name string, _ map[int]any) (front.Kernel, error) {
	if k, ok := parseKernel(name); ok {
		return k, nil
	}
	return nil, near.NoKernel("the cpu device", name, kernelNames())
}

func (library) Names() []string { return kernelNames() }

var (
	allTypes  = []dtype.DType{dtype.F32, dtype.F16, dtype.BF16}
	allBits   = []int{2, 3, 4, 5, 6, 8}
	allGroups = []int{32, 64, 128}
)

// parseKernel reads op[_MODE]_T[_bB_gG].
func parseKernel(name string) (*kernel, bool) {
	for _, def := range ops {
		rest, ok := strings.CutPrefix(name, def.name+"_")
		if !ok {
			continue
		}
		for _, m := range def.modes() {
			rest, ok := strings.CutPrefix(rest, m.prefix())
			if !ok {
				continue
			}
			if k, ok := parseFormat(rest, def); ok {
				k.name, k.op, k.mode = name, def, m
				return k, true
			}
		}
	}
	return nil, false
}

func parseFormat(s string, def op) (*kernel, bool) {
	for _, t := range allTypes {
		if !def.quantized {
			if s == t.String() {
				return &kernel{t: t}, true
			}
			continue
		}
		for _, b := range allBits {
			for _, g := range allGroups {
				if s == fmt.Sprintf("%s_b%d_g%d", t, b, g) {
					return &kernel{t: t, bits: b, group: g}, true
				}
			}
		}
	}
	return nil, false
}

func kernelNames() []string {
	var names []string
	for _, def := range ops {
		for _, m := range def.modes() {
			for _, t := range allTypes {
				base := def.name + "_" + m.prefix() + t.String()
				if !def.quantized {
					names = append(names, base)
					continue
				}
				for _, b := range allBits {
					for _, g := range allGroups {
						names = append(names, fmt.Sprintf("%s_b%d_g%d", base, b, g))
					}
				}
			}
		}
	}
	slices.Sort(names)
	return names
}
