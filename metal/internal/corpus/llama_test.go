package main

import (
	"fmt"
	"math"

	"github.com/assay-bench/assay/metal/dtype"
)

const ggmlMetal = "ggml/src/ggml-metal.metal"

// llamaProducts are matrix products with weights of k columns; neither the rows
// nor the columns of the second are whole tiles.
func llamaProducts() []publicKernel {
	const rows, columns, k = 75, 41, 96
	var all []publicKernel
	for _, c := range []struct {
		format string
		w      weights
	}{{"f16", f16Weights(rows*k, 37)}, {"q4_0", q40Weights(rows * k)}} {
		y := numbers(columns*k, 29, 53, 16)
		want := product(columns, rows, k, rowsOf(y, k), columnsOf(c.w.values, k))
		row := c.w.rowBytes(rows)
		all = append(all, publicKernel{
			file: ggmlMetal, name: "kernel_mul_mm_" + c.format + "_f32", shape: fmt.Sprintf("%d rows, %d columns, k %d", rows, columns, k), within: exact,
			groups: size(ceil(columns, 32), ceil(rows, 64), 1), threadgroup: size(128, 1, 1), memory: []int{8192},
			args: []argument{
				{buffer: c.w.bytes}, in(dtype.F32, y), out(dtype.F32, want),
				inline(int64(k)), inline(int64(1)), inline(uint64(row)), inline(uint64(row * rows)), inline(int64(1)),
				inline(uint64(4)), inline(uint64(4 * k)), inline(uint64(4 * k * columns)), inline(int64(rows)), inline(int64(columns)),
				inline(uint32(1)), inline(uint32(1)),
			},
		})
	}
	return all
}

// llamaExperts multiply each token by the matrices of the experts that its row
// of ids names. In q4_0 each expert has an input of its own, in q4_K the token has one.
func llamaExperts() []publicKernel {
	const rows, experts, used, tokens, idsPerRow = 16, 4, 3, 2, 4
	ids := []int32{2, 0, 3, 1, 1, 3, 2, 0}
	var all []publicKernel
	for _, c := range []struct {
		format             string
		k, inputs, perGrid int // perGrid: rows of a threadgroup
		w                  weights
		x, y               int // threads
	}{
		{"q4_0", 640, used, 8, q40Weights(experts * rows * 640), 8, 8},
		{"q4_K", 1280, 1, 4, q4KWeights(experts * rows * 1280), 4, 8},
	} {
		y := numbers(tokens*c.inputs*c.k, 3, 7, 4)
		var want []float32
		for t := range tokens {
			for i := range used {
				matrix := c.w.values[int(ids[t*idsPerRow+i])*rows*c.k:]
				vector := y[(t*c.inputs+i%c.inputs)*c.k:]
				want = append(want, product(rows, 1, c.k, rowsOf(matrix, c.k), rowsOf(vector, 1))...)
			}
		}
		row := c.w.rowBytes(experts * rows)
		all = append(all, publicKernel{
			file: ggmlMetal, name: "kernel_mul_mv_id_" + c.format + "_f32", within: exact,
			shape:  fmt.Sprintf("%d tokens, %d of %d experts, %d rows, k %d", tokens, used, experts, rows, c.k),
			groups: size(rows/c.perGrid, 1, used*tokens), threadgroup: size(c.x, c.y, 1),
			memory: []int{16}, // nothing of it is used, but the argument wants a size
			args: []argument{
				{buffer: c.w.bytes}, in(dtype.F32, y), out(dtype.F32, want), {buffer: raw(ids)},
				inline(int64(used)), inline(int64(tokens)), inline(uint64(4 * idsPerRow)),
				inline(int64(c.k)), inline(int64(rows)), inline(int64(experts)), inline(uint64(0)), inline(uint64(row)), inline(uint64(row * rows)),
				inline(int64(c.k)), inline(int64(c.inputs)), inline(int64(tokens)), inline(int64(1)),
				inline(uint64(4)), inline(uint64(4 * c.k)), inline(uint64(4 * c.k * c.inputs)),
				inline(int64(rows)), inline(int64(used)), inline(uint64(4 * rows)),
			},
		})
	}
	return all
}

// inHalf is for 3 blocks of 32 keys, 8 keys at a time.
var inHalf = tolerance{16. / 2048, "outputs are summed in half: 12 additions, 3 scalings and a division, each rounded by at most 2^-11 of the sum"}

// llamaAttention has two heads that share keys and values, and a mask.
func llamaAttention() []publicKernel {
	const d, queries, keys, heads = 64, 11, 96, 2
	q := numbers(heads*queries*d, 37, 61, 32)
	padded := ceil(queries, 8) * 8
	mask := make([]float32, padded*keys)
	for i := range mask {
		if i%keys > 40+4*(i/keys) {
			mask[i] = float32(math.Inf(-1))
		}
	}
	const scale = float32(0.125)
	const simdgroups, scores = 2, 2*32 + 8 // of a threadgroup; half elements of a row of scores
	var all []publicKernel
	for _, c := range []struct {
		format string
		k, v   weights
	}{
		{"f16", f16Weights(keys*d, 53), f16Weights(keys*d, 29)},
		{"q8_0", q80Weights(keys*d, 53), q80Weights(keys*d, 29)},
	} {
		want := make([]float32, queries*heads*d)
		for h := range heads {
			for i := range queries {
				at := func(j int) float64 { return float64(mask[i*keys+j]) }
				copy(want[(i*heads+h)*d:], attend(q[(h*queries+i)*d:][:d], c.k.values, c.v.values, scale, at))
			}
		}
		kRow, vRow := c.k.rowBytes(keys), c.v.rowBytes(keys)
		params := inline(int32(queries), int32(heads), int32(1), int32(0), uint64(4*d), uint64(4*d*queries), uint64(4*d*queries*heads),
			int32(keys), int32(1), int32(1), int32(0), uint64(kRow), uint64(kRow*keys), uint64(kRow*keys), uint64(vRow), uint64(vRow*keys), uint64(vRow*keys),
			uint64(2*keys), int32(heads), int32(queries), scale, float32(0), float32(1), float32(1), uint16(2), uint16(0), float32(0))
		all = append(all, publicKernel{
			file: ggmlMetal, name: "kernel_flash_attn_ext_" + c.format + "_h64", within: inHalf,
			shape:  fmt.Sprintf("%d heads of %d, %d queries, %d keys, a mask", heads, d, queries, keys),
			groups: size(ceil(queries, 8), heads, 1), threadgroup: size(32, simdgroups, 1),
			memory: []int{2 * (8*(d+2*simdgroups*scores) + 32*32*simdgroups)},
			args:   []argument{params, in(dtype.F32, q), {buffer: c.k.bytes}, {buffer: c.v.bytes}, in(dtype.F16, mask), out(dtype.F32, want)},
		})
	}
	return all
}

// attend is one query's attention over the rows of keys and values.
func attend(q, keys, values []float32, scale float32, mask func(j int) float64) []float32 {
	d := len(q)
	out, sum := make([]float64, d), 0.0
	for j := range len(keys) / d {
		s := 0.0
		for e := range d {
			s += float64(q[e]) * float64(keys[j*d+e])
		}
		w := math.Exp(s*float64(scale) + mask(j))
		sum += w
		for e := range d {
			out[e] += w * float64(values[j*d+e])
		}
	}
	rounded := make([]float32, d)
	for e := range d {
		rounded[e] = float32(out[e] / sum)
	}
	return rounded
}
