package mlxkernel

import (
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// constantElements: an input of fewer elements is in the constant address space.
const constantElements = 8

// attributes that a body may use by name, with the types that MLX gives them.
var attributes = [][2]string{
	{"dispatch_quadgroups_per_threadgroup", "uint"}, {"dispatch_simdgroups_per_threadgroup", "uint"},
	{"dispatch_threads_per_threadgroup", "uint3"}, {"grid_origin", "uint3"}, {"grid_size", "uint3"},
	{"quadgroup_index_in_threadgroup", "uint"}, {"quadgroups_per_threadgroup", "uint"},
	{"simdgroup_index_in_threadgroup", "uint"}, {"simdgroups_per_threadgroup", "uint"},
	{"thread_execution_width", "uint"}, {"thread_index_in_quadgroup", "uint"},
	{"thread_index_in_simdgroup", "uint"}, {"thread_index_in_threadgroup", "uint"},
	{"thread_position_in_grid", "uint3"}, {"thread_position_in_threadgroup", "uint3"},
	{"threadgroup_position_in_grid", "uint3"}, {"threadgroups_per_grid", "uint3"},
	{"threads_per_grid", "uint3"}, {"threads_per_simdgroup", "uint"}, {"threads_per_threadgroup", "uint3"},
}

// prelude is what a body finds there, of what MLX puts before it.
const prelude = `#include <metal_stdlib>
using namespace metal;
typedef half float16_t;
typedef bfloat bfloat16_t;
template <typename Index>
inline long elem_to_loc(Index elem, constant const int *shape, constant const long *strides, int ndim) {
  long at = 0;
  for (int d = ndim - 1; d >= 0; d--) {
    at += long(elem % Index(shape[d])) * strides[d];
    elem /= Index(shape[d]);
  }
  return at;
}
template <typename N, typename M>
inline N ceildiv(N n, M m) { return (n + m - 1) / m; }
`

// Function is the name of the kernel in the source.
func (b *Body) Function() string { return "custom_kernel_" + b.Name }

// signatureFile is what messages call the part of the source that Text makes.
func (b *Body) signatureFile() string { return b.Name + " signature" }

// Text is the whole source. Messages call the body by the name of its file.
func (b *Body) Text(file string) string {
	return fmt.Sprintf("#line 1 \"metal_kernel\"\n%s#line 1 %q\n%s\n%s#line 1 %q\n%s\n}\n%s", prelude, b.Name+" header", b.Header, b.signature(), file, b.Source, b.instance())
}

// signature is the head of the kernel.
func (b *Body) signature() string {
	var args []string
	add := func(format string, a ...any) {
		args = append(args, fmt.Sprintf(format+" [[buffer(%d)]]", append(a, len(args))...))
	}
	for _, in := range b.Inputs {
		space, mark := "device", "*"
		if in.count() < constantElements {
			space = "constant"
		}
		if len(in.Shape) == 0 {
			mark = "&"
		}
		add("const %s %s%s %s", space, Type(in.DType), mark, in.Name)
		for _, e := range b.extra(in) {
			add("%s%s", e.declared, e.Name)
		}
	}
	for _, out := range b.Outputs {
		typ := Type(out.DType)
		if b.Atomic {
			typ = "atomic<" + typ + ">"
		}
		add("device %s* %s", typ, out.Name)
	}
	for _, a := range attributes {
		if strings.Contains(b.Source, a[0]) {
			args = append(args, fmt.Sprintf("%s %s [[%s]]", a[1], a[0], a[0]))
		}
	}
	head := ""
	if len(b.Template) > 0 {
		var params []string
		for _, name := range slices.Sorted(maps.Keys(b.Template)) {
			_, kind := Argument(b.Template[name])
			params = append(params, kind+" "+name)
		}
		head = "template <" + strings.Join(params, ", ") + ">\n"
	}
	return fmt.Sprintf("#line 1 %q\n%s[[kernel]] void %s(\n  %s) {\n", b.signatureFile(), head, b.Function(), strings.Join(args, ",\n  "))
}

// Extra is an argument that a body has beside inputs and outputs.
type Extra struct {
	Name     string
	Bytes    []byte
	declared string
}

// Extra lists the shapes, strides and numbers of dimensions of inputs that the body uses.
func (b *Body) Extra() (out []Extra) {
	for _, in := range b.Inputs {
		out = append(out, b.extra(in)...)
	}
	return out
}

func (b *Body) extra(in Array) (out []Extra) {
	if len(in.Shape) == 0 {
		return nil
	}
	strides, step := make([]int, len(in.Shape)), 1
	for d := len(in.Shape) - 1; d >= 0; d-- {
		strides[d] = step
		step *= in.Shape[d]
	}
	var shapes, longs []byte
	for d := range in.Shape {
		shapes = binary.LittleEndian.AppendUint32(shapes, uint32(in.Shape[d]))
		longs = binary.LittleEndian.AppendUint64(longs, uint64(strides[d]))
	}
	for _, e := range []Extra{
		{in.Name + "_shape", shapes, "const constant int* "},
		{in.Name + "_strides", longs, "const constant long* "},
		{in.Name + "_ndim", binary.LittleEndian.AppendUint32(nil, uint32(len(in.Shape))), "const constant int& "},
	} {
		if strings.Contains(b.Source, e.Name) {
			out = append(out, e)
		}
	}
	return out
}

func (a *Array) count() int {
	n := 1
	for _, d := range a.Shape {
		n *= d
	}
	return n
}

// instance is the explicit instantiation of a body with template arguments.
func (b *Body) instance() string {
	if len(b.Template) == 0 {
		return ""
	}
	var values []string
	for _, name := range slices.Sorted(maps.Keys(b.Template)) {
		v, _ := Argument(b.Template[name])
		values = append(values, v)
	}
	f := b.Function() + "<" + strings.Join(values, ", ") + ">"
	return fmt.Sprintf("#line 1 %q\ntemplate [[host_name(%q)]] [[kernel]] decltype(%s) %s;\n", b.signatureFile(), b.Function(), f, f)
}
