package main

import (
	"slices"
	"strings"

	"github.com/assay-bench/assay/metal"
)

// The elementwise kernels run over these many elements: no multiple of what a thread
// takes, and the product of two extents for kernels that have no bounds check.
const (
	across   = 44
	down     = 25
	elements = across * down
)

// shapes are those of kernels that take strides, of one to four axes, from the slowest.
var shapes = [4][]int32{{541}, {7, 25}, {6, 7, 25}, {3, 2, 7, 25}}

// elementwise are MLX's unary, binary and ternary operations and its ranges.
func elementwise() []family {
	return []family{
		kernels("unary", `(v|v2|vn|gn1|gn4large)_([A-Z]\w*?)<T><T>`, unary),
		kernels("ternary", `(v|v2|vn|vs|vs2|vsn|sv|sv2|svn|g1|g2|g3|gn2|g1large|g2large|g3large|gn4large)_(Select)<T>`, ternary),
		kernels("binary", `(ss|sv|vs|vv|svn|vsn|vvn|sv2|vs2|vv2|g1|g2|g3|gn2|g1large|g2large|g3large|gn4large)_([A-Z]\w*?)<T>`, binaryOp),
		kernels("arange", `arange<T>`, arange),
	}
}

func unary(m []string) *plan {
	in, out := dtypes[m[3]], dtypes[m[4]]
	p := of("utils.h unary_ops.h unary.h", "%s", shaped("unary", m[1], in.metal+", "+out.metal+", "+m[2]))
	p.buffer("in", in, every(in, elements, m[2], false)).out("out", out, elements)
	return p.launch(m[1], in, "in_shape", "in_strides")
}

func binaryOp(m []string) *plan {
	op, in := m[2], dtypes[m[3]]
	out, header := in, "binary.h"
	if slices.Contains([]string{"Equal", "Greater", "GreaterEqual", "Less", "LessEqual", "NotEqual", "NaNEqual"}, op) {
		out = dtypes["bool_"]
	}
	if op == "DivMod" {
		header = "binary_two.h"
	}
	p := of("utils.h binary_ops.h "+header, "%s", shaped("binary", m[1], in.metal+", "+out.metal+", "+op))
	p.buffer("a", in, every(in, elements, "a", false)).buffer("b", in, operand(op, in)).out("c", out, elements)
	if op == "DivMod" {
		p.out("d", out, elements)
	}
	return p.launch(m[1], in, "shape", "a_stride", "b_stride")
}

// operand is what is on an operator's right. Metal does not define a division of
// integers by zero or a quotient that is too large.
func operand(op string, t dtype) []byte {
	b := every(t, elements, "b", true)
	if t.floating() || !slices.Contains([]string{"Divide", "FloorDivide", "Remainder", "DivMod"}, op) {
		return b
	}
	for i := range elements {
		switch x := get(b, t.size, i); {
		case t.kind == boolean:
			put(b, t.size, i, 1)
		case x == 0 || t.kind == signed && x == ^uint64(0)>>(64-8*t.size):
			put(b, t.size, i, 3)
		}
	}
	return b
}

func ternary(m []string) *plan {
	t, flag := dtypes[m[3]], dtypes["bool_"]
	args := t.metal + ", " + m[2]
	if m[1][0] != 'g' {
		args += map[byte]string{'v': ", false", 's': ", true"}[m[1][0]]
		args += map[bool]string{false: ", false", true: ", true"}[strings.HasPrefix(m[1], "vs")]
	}
	shape := strings.NewReplacer("vs", "v", "sv", "v").Replace(m[1])
	p := of("utils.h ternary_ops.h ternary.h", "%s", shaped("ternary", shape, args))
	p.buffer("a", flag, moderate(flag, elements, "a")).buffer("b", t, every(t, elements, "b", false))
	p.buffer("c", t, every(t, elements, "c", true)).out("d", t, elements)
	return p.launch(m[1], t, "shape", "a_strides", "b_strides", "c_strides")
}

// shaped is the function for a prefix of MLX's names, and its arguments: one element
// a thread (v), as many as fit in 8 bytes (vn), a grid in two dimensions (v2), one to
// three dimensions with strides (g1 to g3) or any number (gn), with offsets of 32 bits
// or, where the name has "large", 64.
func shaped(function, prefix, args string) string {
	shape, large := strings.CutSuffix(prefix, "large")
	index := ", int"
	if large {
		index = ""
	}
	switch {
	case shape == "ss":
		return function + "_ss<" + args + ">"
	case shape[0] != 'g' && shape[len(shape)-1] == 'n':
		return function + "_" + shape[:len(shape)-1] + "<" + args + ">"
	case shape[0] != 'g' && shape[len(shape)-1] == '2':
		return function + "_" + shape + "<" + args + ">"
	case shape[0] != 'g':
		return function + "_" + shape + "<" + args + ", 1>"
	case strings.Contains(shape, "n"):
		head, n, _ := strings.Cut(shape, "n")
		return function + "_" + head + "<" + args + ", " + n + index + ">"
	}
	head := strings.TrimRight(shape, "123")
	return function + "_" + head + "_nd" + shape[len(head):] + "<" + args + index + ">"
}

// launch sets the sizes, strides and the grid that go with a prefix. The strides of
// the arguments differ: the first one's elements lie in order, the second's as in a
// transposed array, the third's repeat.
func (p *plan) launch(prefix string, t dtype, shapeName string, strideNames ...string) *plan {
	shape := strings.TrimSuffix(prefix, "large")
	head := strings.TrimRight(shape, "n1234")
	switch {
	case shape == "ss":
		return p.threads(size(elements, 1, 1), size(256, 1, 1))
	case shape[0] != 'g' && shape[len(shape)-1] == '2':
		return p.set("size", int64(elements)).threads(size(across, ceil(down, t.perThread()), 1), size(32, 8, 1))
	case shape[0] != 'g' && shape[len(shape)-1] == 'n':
		return p.set("size", uint32(elements)).threads(size(ceil(elements, t.perThread()), 1, 1), size(128, 1, 1))
	case shape[0] != 'g':
		return p.set("size", uint32(elements)).threads(size(elements, 1, 1), size(256, 1, 1))
	case strings.Contains(shape, "n"):
		n := int(shape[len(shape)-1] - '0')
		general := shapes[3]
		p.set(shapeName, general).set("ndim", int32(len(general)))
		for i, name := range strideNames {
			p.set(plural(name), strides(general, i))
		}
		return p.threads(size(ceil(int(general[3]), n), int(general[2]), int(general[1]*general[0])), size(4, 4, 4))
	}
	axes := int(shape[len(head)] - '0')
	extents := shapes[axes-1]
	for i, name := range strideNames {
		if axes > 1 {
			name = plural(name)
		}
		p.set(name, strides(extents, i))
	}
	grid := metal.Size{X: int(extents[axes-1]), Y: 1, Z: 1}
	if axes > 1 {
		grid.Y = int(extents[axes-2])
	}
	if axes > 2 {
		grid.Z = int(extents[0])
	}
	return p.threads(grid, size(8, 4, 2))
}

func plural(name string) string { return strings.TrimSuffix(name, "s") + "s" }

// strides are those of one of three arrays with an extent: of elements in order, of
// a transposed array, and of one that is repeated along its slowest axis.
func strides(extents []int32, which int) []int64 {
	out := make([]int64, len(extents))
	step := int64(1)
	for i := range extents {
		j := len(extents) - 1 - i
		if which == 1 {
			j = i
		}
		out[j] = step
		step *= int64(extents[j])
	}
	if len(extents) == 1 && which > 0 {
		out[0] = 2
	}
	if which == 2 {
		out[0] = 0
	}
	return out
}

func arange(m []string) *plan {
	t := dtypes[m[1]]
	one := make([]byte, 2*t.size)
	put(one, t.size, 0, 3)
	put(one, t.size, 1, 2)
	if t.floating() {
		put(one, t.size, 0, fromFloat(t, -1.7))
		put(one, t.size, 1, fromFloat(t, 0.3))
	}
	p := of("utils.h arange.h", "arange<%s>", t.metal)
	p.set("start", one[:t.size]).set("step", one[t.size:]).out("out", t, elements)
	return p.threads(size(elements, 1, 1), size(256, 1, 1))
}
