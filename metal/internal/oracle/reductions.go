package main

// reductions are sums and the like, of all numbers, of rows and of columns.
func reductions() []family {
	ops := `(sum|prod|min|max|and|or)`
	return []family{
		kernels("reduce init", `init_reduce_`+ops+`<T>`, reduceInit),
		kernels("reduce all", `all_reduce_`+ops+`<T>`, reduceAll),
		kernels("reduce rows", `row_reduce_(simple|small|looped)(_large)?(?:_(\d))?(?:_reduce)?_`+ops+`<T>`, reduceRows),
		kernels("reduce columns", `col_reduce_(small|longcolumn|looped|2pass)(_large)?_(\d)(_32_32)?_reduce_`+ops+`<T>`, reduceColumns),
	}
}

const reduceHeaders = "defines.h utils.h atomic.h reduction/ops.h reduce.h"

// reduced are the types of a reduction and what it does, "float, float, Sum<float>".
func reduced(op, name string) (in, out dtype, args string) {
	in = dtypes[name]
	out = in
	switch op {
	case "and", "or":
		out = dtypes["bool_"]
	case "sum", "prod":
		switch name {
		case "uint8", "int8", "int16":
			out = dtypes["int32"]
		case "uint16":
			out = dtypes["uint32"]
		}
	}
	return in, out, in.metal + ", " + out.metal + ", " + opOf(op, out)
}

func opOf(op string, t dtype) string {
	return map[string]string{"sum": "Sum", "prod": "Prod", "min": "Min", "max": "Max", "and": "And", "or": "Or"}[op] + "<" + t.metal + ">"
}

func reduceInit(m []string) *plan {
	t := dtypes[m[2]]
	p := of(reduceHeaders, "init_reduce<%s, %s>", t.metal, opOf(m[1], t)).out("out", t, elements)
	return p.threads(size(across, down, 1), size(32, 4, 1))
}

// reduceInput binds numbers of which few are zero, so that a product is not zero.
func reduceInput(p *plan, t dtype, n int) *plan {
	data := moderate(t, n, "in")
	for i := range n {
		if t.kind < half && get(data, t.size, i) == 0 && i%50 > 0 {
			put(data, t.size, i, 1)
		}
	}
	return p.buffer("in", t, data)
}

func reduceAll(m []string) *plan {
	const n, row = 3777, 2000
	in, out, args := reduced(m[1], m[2])
	p := of(reduceHeaders, "all_reduce<%s>", args)
	reduceInput(p, in, n).out("out", out, 2).set("in_size", uint64(n)).set("row_size", uint64(row))
	return p.groups(size(1, 2, 1), size(128, 1, 1))
}

// reduceRows sums rows of one array: outer × inner rows of an output of outer numbers.
func reduceRows(m []string) *plan {
	in, out, args := reduced(m[4], m[5])
	index := ", int, "
	if m[2] != "" {
		index = ", int64_t, "
	}
	if m[1] == "simple" {
		const n, count = 1027, 9
		p := of(reduceHeaders, "row_reduce_simple<%s>", args)
		reduceInput(p, in, n*count).out("out", out, count).set("reduction_size", uint64(n)).set("out_size", int64(count))
		return p.groups(size(1, ceil(count, 4), 1), size(64, 1, 1))
	}
	const outer, inner = 5, 6
	n := 301
	if m[1] == "small" {
		n = 27
	}
	p := of(reduceHeaders, "row_reduce_%s<%s%s%s>", m[1], args, index, m[3])
	reduceInput(p, in, outer*inner*n).out("out", out, outer)
	p.set("row_size", int64(n)).set("non_row_reductions", int64(inner))
	p.set("shape", []int32{outer}).set("strides", []int64{int64(inner * n)}).set("ndim", int32(1))
	p.axes(m[3], inner, n)
	if m[1] == "small" { // a thread an output
		return p.threads(size(outer, 1, 1), size(outer, 1, 1))
	}
	return p.groups(size(1, outer, 1), size(64, 1, 1))
}

// axes sets the axes that are reduced beside the last: one of an extent, or that
// extent (an even number) in so many axes as the name has, of which 5 stands for any.
func (p *plan) axes(name string, extent, stride int) {
	dims := digits(name)
	shape, strides := []int32{int32(extent)}, []int64{int64(stride)}
	if dims > 1 {
		shape, strides = []int32{2, int32(extent / 2)}, []int64{int64(extent / 2 * stride), int64(stride)}
	}
	if dims > 2 {
		shape, strides = append([]int32{1}, shape...), append([]int64{0}, strides...)
	}
	p.set("reduce_shape", shape).set("reduce_strides", strides).set("reduce_ndim", int32(len(shape)))
}

// reduceColumns sums columns: of each of outer matrices of rows × columns.
func reduceColumns(m []string) *plan {
	const outer = 2
	in, out, args := reduced(m[5], m[6])
	index := "int"
	if m[2] != "" {
		index = "int64_t"
	}
	columns, rows, tile := 61, 70, "" // every thread of the small kernel has a column
	switch m[1] {
	case "small":
		rows = 10
	case "longcolumn":
		columns, rows = 5, 150
	case "2pass":
		rows = 1100
		tile = ", 32, 32"
	case "looped":
		tile = ", 32, 32"
	}
	p := of(reduceHeaders, "col_reduce_%s<%s, %s, %s%s>", m[1], args, index, m[3], tile)
	reduceInput(p, in, outer*rows*columns)
	p.set("reduction_size", uint64(rows)).set("reduction_stride", int64(columns)).set("non_col_reductions", uint64(1))
	p.set("shape", []int32{outer}).set("strides", []int64{int64(rows * columns)}).set("ndim", int32(1))
	p.axes(m[3], rows, columns)
	outputs := outer * columns
	switch m[1] {
	case "small":
		p.groups(size(ceil(columns, 8*4), outer, 1), size(8, 4, 1))
	case "longcolumn":
		const parts = 3
		outputs *= parts
		p.set("out_size", uint64(outer*columns)).groups(size(outer, 1, parts), size(columns, 8, 1))
	case "looped":
		p.set("column_offset", int64(0)).groups(size(ceil(columns, 32), outer, 1), size(256, 1, 1))
	case "2pass":
		const blocks = 32
		outputs *= blocks
		p.set("column_offset", int64(0)).set("out_size", uint64(outer)).groups(size(ceil(columns, 32), outer*blocks, 1), size(256, 1, 1))
	}
	return p.out("out", out, outputs)
}
