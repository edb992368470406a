package main

import (
	"math"
	"strings"
)

// withSources are kernels whose source is in MLX's .metal files, which are in no
// wheel: a folder of MLX's sources has them.
func withSources() []family {
	fs := []family{
		kernels("rms norm", `(vjp_)?rms(_looped)?<F>`, norm("rms_norm.metal", shortRow)),
		kernels("layer norm", `(vjp_)?layer_norm(_looped)?<F>`, norm("layer_norm.metal", 8*rowThread-5)),
		kernels("rope", `rope_(single_)?(freqs_)?(large_)?<F>`, rope),
		kernels("arg reduce", `arg(min|max)_<T>`, argReduce),
		kernels("random bits", `rbits(c)?`, randomBits),
	}
	for i := range fs {
		fs[i].sources = true
	}
	return fs
}

// norm is of short rows, or longer ones where they are taken in turns. Every
// thread of layer_norm must have a number: one without any writes before its registers.
func norm(file string, short int) func(m []string) *plan {
	return func(m []string) *plan {
		t, n := dtypes[m[3]], short
		if m[2] != "" {
			n = longRow
		}
		p := of(file, "").random("x", t, rowCount*n).random("w", t, n).random("b", t, n).random("g", t, rowCount*n)
		p.out("out", t, rowCount*n).out("gx", t, rowCount*n).out("gw", t, rowCount*n)
		p.set("eps", float32(1e-5)).set("axis_size", uint32(n)).set("w_stride", uint32(1)).set("b_stride", uint32(1))
		p.set("n_rows", uint32(rowCount)).set("rows_per_group", uint32(1)).constant(20, true)
		return p.groups(size(rowCount, 1, 1), size(rowThread, 1, 1))
	}
}

// rope turns pairs that lie side by side in float16 and half an extent apart in other
// types, and back in bfloat16.
func rope(m []string) *plan {
	const batch, heads, queries, d = 2, 3, 5, 38
	t, f := dtypes[m[4]], dtypes["float32"]
	p := of("rope.metal", "").constant(1, t.kind != bfloat).constant(2, t.kind == half).constant(3, false)
	freqs := moderate(f, d/2, "freqs")
	for i := range d / 2 {
		put(freqs, f.size, i, f32(math.Pow(100, float64(i)/d)))
	}
	n := batch * heads * queries * d
	p.random("in", t, n).out("out", t, n).buffer("freqs", f, freqs).set("freq_stride", int64(1))
	p.set("scale", float32(0.7)).set("base", float32(math.Log2(10000)))
	if m[1] != "" {
		return p.set("offset", int32(11)).set("stride", int64(d)).threads(size(d/2, n/d, 1), size(8, 4, 1))
	}
	rows := []int64{queries * d, d, 1}
	p.set("offset", []int32{3, 11}).set("offset_stride", int64(1)).set("n_head", int32(heads)).set("strides", rows).set("out_strides", rows)
	return p.threads(size(d/2, queries, batch*ceil(heads, 4)), size(8, 4, 1))
}

func argReduce(m []string) *plan {
	t := dtypes[m[2]]
	p := of("arg_reduce.metal", "").random("in", t, rowCount*longRow).out("out", dtypes["uint32"], rowCount)
	p.set("shape", []int32{rowCount}).set("in_strides", []int64{longRow}).set("out_strides", []int64{1}).set("ndim", uint64(1))
	p.set("axis_stride", int64(1)).set("axis_size", uint64(longRow))
	return p.threads(size(128, rowCount, 1), size(128, 1, 1))
}

// randomBits are 27 bytes a key: words in pairs, of which the last is alone and
// incomplete.
func randomBits(m []string) *plan {
	const keys, bytes = 5, 27
	words := dtypes["uint32"]
	p := of("random.metal", "").buffer("keys", words, arbitrary(words, 2*keys, "keys")).out("out", dtypes["uint8"], keys*bytes)
	p.set("odd", true).set("bytes_per_key", uint64(bytes)).set("ndim", int32(2)).set("key_shape", []int32{keys, 2}).set("key_strides", []int64{2, 1})
	return p.threads(size(keys, 4, 1), size(2, 2, 1))
}

// isSource reports whether the plan's file is one of MLX's own sources, which have
// their instantiations.
func (p *plan) isSource() bool {
	return len(p.headers) == 1 && strings.HasSuffix(p.headers[0], ".metal")
}
