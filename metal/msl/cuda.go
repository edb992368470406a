package msl

import (
	"fmt"
	"strings"
)

// ParamKind says what a parameter of a rendered CUDA entry point is.
type ParamKind uint8

// The kinds of parameters. Entry points take them in the order of
// Kernel.CUDAParams.
const (
	ParamBuffer            ParamKind = iota // pointer to device memory, null for an argument that is not bound
	ParamValue                              // the data itself (constant T&)
	ParamThreadgroupOffset                  // uint32: offset of a [[threadgroup(n)]] argument in dynamic shared memory, 16-byte aligned
	ParamGridX                              // uint32: the exact grid in threads
	ParamGridY
	ParamGridZ
)

// Param is one parameter of a rendered CUDA entry point.
type Param struct {
	Kind  ParamKind
	Arg   int // index into Kernel.Args, -1 for the grid
	Index int // [[buffer(n)]] or [[threadgroup(n)]]
}

// CUDAParams lists the parameters of the kernel's CUDA entry point, in order:
// buffers and values in declaration order, threadgroup offsets, the grid.
func (k *Kernel) CUDAParams(byPointer bool) []Param {
	var out, groups []Param
	for i, a := range k.Args {
		switch {
		case a.Space == Threadgroup:
			groups = append(groups, Param{ParamThreadgroupOffset, i, a.Index})
		case a.Space == Builtin:
		case a.Value() && !byPointer:
			out = append(out, Param{ParamValue, i, a.Index})
		default:
			out = append(out, Param{ParamBuffer, i, a.Index})
		}
	}
	out = append(out, groups...)
	return append(out, Param{ParamGridX, -1, -1}, Param{ParamGridY, -1, -1}, Param{ParamGridZ, -1, -1})
}

// CUDAFlags are the NVRTC options the rendering needs, beside an architecture.
func (u *Unit) CUDAFlags() []string {
	// Apple's compiler flushes subnormal floats (air.compile.denorms_disable).
	flags := []string{"--std=c++17", "--ftz=true", "--device-as-default-execution-space", "-diag-suppress=177,550,1835,186"}
	if u.NoContract {
		flags = append(flags, "--fmad=false")
	}
	return flags
}

// cudaLibrary are the preludes that make up namespace metal.
var cudaLibrary = []string{"early", "convert", "traits", "saturate", "shift", "cuda_builtin", "vector", "math", "reduce", "arms", "log", "cuda_lanes", "cuda_simd", "apple", "matrix", "cuda_matrix"}

// CUDA renders the unit as CUDA C++ for NVRTC. Each kernel becomes
//
//	extern "C" __global__ void SYMBOL(params...)
//
// with the parameters of Kernel.CUDAParams. Threads of the last threadgroup
// that lie outside the grid return at once: CUDA counts exited threads as
// arrived at barriers, and simdgroup operations ask which lanes are active.
// For each kernel there is also
//
//	extern "C" __device__ const unsigned int SYMBOL_sizes[]
//
// with the size in bytes of each ParamValue, in order, and a 0 at its end.
func (u *Unit) CUDA(o Options) (string, error) {
	kernels, r, err := u.choose(o)
	if err != nil {
		return "", err
	}
	body, err := u.render(targetCUDA, o, r)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	b.WriteString(u.swizzleMacros())
	b.WriteString(prelude("cuda_begin"))
	b.WriteString("namespace assay_msl {\nnamespace metal {\n")
	b.WriteString(u.library(cudaLibrary...))
	b.WriteString("}\nusing namespace metal;\n")
	b.WriteString(prelude("async_copy", "cuda_entry"))
	b.WriteString(u.definedMacros(o))
	b.WriteString(body)
	for _, k := range kernels {
		u.cudaEntry(&b, k, o)
	}
	b.WriteString("\n}\n")
	return b.String(), nil
}

// choose resolves Options.Kernels. A kernel that is refused is left out, or an
// error if it was asked for.
func (u *Unit) choose(o Options) ([]*Kernel, *reached, error) {
	var kernels []*Kernel
	for _, name := range o.Kernels {
		k, ok := u.Kernel(name)
		if !ok {
			return nil, nil, fmt.Errorf("%s: no kernel %q", u.File, name)
		}
		kernels = append(kernels, k)
	}
	if o.Kernels == nil {
		for i := range u.Kernels {
			if u.reach([]*Kernel{&u.Kernels[i]}).refusal == nil {
				kernels = append(kernels, &u.Kernels[i])
			}
		}
	}
	r := u.reach(kernels)
	if r.refusal != nil && o.Kernels != nil {
		return nil, nil, r.refusal
	}
	return kernels, r, nil
}

// definedMacros answers is_function_constant_defined inside program-scope constants.
func (u *Unit) definedMacros(o Options) string {
	var b strings.Builder
	for _, c := range u.Constants {
		fmt.Fprintf(&b, "constexpr bool assay_defined_%s = %t;\n", c.Name, u.defined(c.Name, o))
	}
	return b.String()
}

// openEntry opens the namespaces of an entry point.
func (u *Unit) openEntry(b *strings.Builder, k *Kernel) (close string) {
	close = "}"
	if ns := k.fn.namespace; ns != "" {
		for _, n := range strings.Split(ns, "::") {
			fmt.Fprintf(b, "namespace %s { ", n)
			close += " }"
		}
	}
	fmt.Fprintf(b, "\nnamespace %s_entry_ {\n", k.Symbol)
	return close
}

func (k *Kernel) call() string {
	if k.TemplateArgs == "" {
		return k.fn.name
	}
	return k.fn.name + "<" + k.TemplateArgs + ">"
}

// EntryFolder comes before the file's name in the #line directives of CUDA entry
// points, so that who reads a line table can tell them from the kernels.
const EntryFolder = "assay/entry/"

// writeEntry writes an entry point on one line, that of the kernel's declaration,
// which what is wrong with it is about.
func writeEntry(out *strings.Builder, k *Kernel, file, entry string) {
	fmt.Fprintf(out, "\n#line %d %s\n%s\n", k.Line, quote(file), strings.ReplaceAll(entry, "\n", " "))
}

func (u *Unit) cudaEntry(out *strings.Builder, k *Kernel, o Options) {
	b := &strings.Builder{}
	defer func() { writeEntry(out, k, EntryFolder+k.File, b.String()) }()
	byPointer := o.ByPointer
	closing := u.openEntry(b, k)
	var params, names, sizes []string
	for i, p := range k.CUDAParams(byPointer) {
		name := fmt.Sprintf("assay_p%d", i)
		names = append(names, name)
		switch p.Kind {
		case ParamBuffer:
			a := k.Args[p.Arg]
			restrict, constness := "", ""
			if a.Restrict {
				restrict = "__restrict__ "
			}
			if a.Constant && !strings.Contains(a.Type, "const") {
				constness = "const "
			}
			params = append(params, fmt.Sprintf("%s%s* %s%s", constness, a.Type, restrict, name))
		case ParamValue:
			params = append(params, fmt.Sprintf("const __grid_constant__ %s %s", bareType(k.Args[p.Arg].Type), name))
			sizes = append(sizes, fmt.Sprintf("(unsigned int)sizeof(%s), ", bareType(k.Args[p.Arg].Type)))
		case ParamThreadgroupOffset:
			params = append(params, "unsigned int "+name)
		case ParamGridX:
			params = append(params, "unsigned int assay_gx")
		case ParamGridY:
			params = append(params, "unsigned int assay_gy")
		case ParamGridZ:
			params = append(params, "unsigned int assay_gz")
		}
	}
	bounds := ""
	if k.MaxThreads > 0 {
		bounds = fmt.Sprintf("__launch_bounds__(%d) ", k.MaxThreads)
	}
	fmt.Fprintf(b, "extern \"C\" __device__ const unsigned int %s_sizes[] = {%s0};\n", k.Symbol, strings.Join(sizes, ""))
	fmt.Fprintf(b, "extern \"C\" __global__ void %s%s(%s) {\n", bounds, k.Symbol, strings.Join(params, ", "))
	b.WriteString("  ::assay_msl::assay_target::position assay_at = {assay_gx, assay_gy, assay_gz};\n  if (assay_at.surplus()) return;\n")
	if o.Prologue != nil {
		fmt.Fprintf(b, "  %s\n", o.Prologue(k, names))
	}
	fmt.Fprintf(b, "  %s(%s);\n}\n%s\n", k.call(), strings.Join(k.cudaArgs(byPointer), ", "), closing)
}

// cudaArgs are the arguments of the call to the kernel's own function.
func (k *Kernel) cudaArgs(byPointer bool) []string {
	where := map[int]string{}
	for i, p := range k.CUDAParams(byPointer) {
		if p.Arg >= 0 {
			where[p.Arg] = fmt.Sprintf("assay_p%d", i)
		}
	}
	var out []string
	for i, a := range k.Args {
		switch {
		case a.Space == Builtin:
			out = append(out, fmt.Sprintf("assay_at.%s<%s>()", a.Attr, bareType(a.Type)))
		case a.Space == Threadgroup && a.Reference:
			out = append(out, fmt.Sprintf("*reinterpret_cast<%s*>(::assay_dynamic + %s)", a.Type, where[i]))
		case a.Space == Threadgroup:
			out = append(out, fmt.Sprintf("reinterpret_cast<%s*>(::assay_dynamic + %s)", a.Type, where[i]))
		case a.Reference && (byPointer || !a.Value()):
			out = append(out, "*"+where[i])
		default:
			out = append(out, where[i])
		}
	}
	return out
}
