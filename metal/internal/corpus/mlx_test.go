package main

import (
	"fmt"
	"math"

	"github.com/assay-bench/assay/metal/dtype"
)

const mlxQuantizedFile = "mlx/backend/metal/kernels/quantized.metal"

// affine are weights in MLX's affine format: eight to a word, and a scale and a
// bias for each 64 of a row.
type affine struct {
	words                  []byte
	scales, biases, values []float32
}

func affineWeights(n int) affine {
	const group = 64
	a := affine{words: make([]byte, n/2), scales: make([]float32, n/group), biases: make([]float32, n/group), values: make([]float32, n)}
	for g := range a.scales {
		a.scales[g] = float32(g%7+1) / 64
		a.biases[g] = -a.scales[g] * float32(g%5+4)
	}
	for i := range a.values {
		q := (i*7 + i/8 + i/group*3) % 16
		a.words[i/2] |= byte(q << (i % 2 * 4)) // words are little-endian
		a.values[i] = a.scales[i/group]*float32(q) + a.biases[i/group]
	}
	return a
}

func (a affine) arguments(dt dtype.DType) []argument {
	return []argument{{buffer: a.words}, in(dt, a.scales), in(dt, a.biases)}
}

func mlxQuantized() []publicKernel {
	const m, n, k = 45, 64, 128
	w := affineWeights(n * k)
	x := numbers(m*k, 37, 61, 64)
	args := append(w.arguments(dtype.F16), in(dtype.F16, x), out(dtype.F16, product(m, n, k, rowsOf(x, k), columnsOf(w.values, k))),
		inline(int32(k)), inline(int32(n)), inline(int32(m)), inline(int32(0)), inline(int32(0)), inline(int64(0)),
		inline(int32(0)), inline(int32(0)), inline(int64(0)), inline(int64(0)), inline(int64(0)))
	return []publicKernel{{
		file: mlxQuantizedFile, name: "affine_qmm_t_float16_t_gs_64_b_4_alN_true_batch_0",
		shape: fmt.Sprintf("m %d, n %d, k %d", m, n, k), within: exact,
		groups: size(n/32, ceil(m, 32), 1), threadgroup: size(32, 2, 2), args: args,
	}}
}

// mlxGather are the products of rows with the matrices of experts: one row for
// each index, and rows sorted by expert, with weights by rows and by columns.
func mlxGather() []publicKernel {
	return append(gatherRows(), gatherSorted(true), gatherSorted(false))
}

func gatherRows() []publicKernel {
	const experts, inputs, n, k = 4, 3, 16, 1024
	left, right := []uint32{0, 0, 1, 1, 2, 2}, []uint32{3, 0, 2, 3, 1, 0}
	w := affineWeights(experts * n * k)
	x := numbers(inputs*k, 37, 61, 32)
	var want []float32
	for i := range left {
		matrix, vector := w.values[int(right[i])*n*k:], x[int(left[i])*k:]
		want = append(want, product(1, n, k, rowsOf(vector, k), columnsOf(matrix, k))...)
	}
	strides := func(row int) argument { return inline(int64(n*row), int64(row), int64(1)) }
	args := append(w.arguments(dtype.BF16), in(dtype.BF16, x), argument{buffer: raw(left)}, argument{buffer: raw(right)}, out(dtype.BF16, want),
		inline(int32(k)), inline(int32(n)),
		inline(int32(1)), inline(int32(inputs), int32(1), int32(k)), inline(int64(k), int64(k), int64(1)),
		inline(int32(1)), inline(int32(experts), int32(n), int32(k/8)), strides(k/8), strides(k/64), strides(k/64),
		inline(int32(1)), inline(int32(len(left))), inline(int64(1)), inline(int64(1)))
	return []publicKernel{{
		file: mlxQuantizedFile, name: "affine_gather_qmv_fast_bfloat16_t_gs_64_b_4",
		shape: fmt.Sprintf("%d rows, %d experts, n %d, k %d", len(left), experts, n, k), within: exact,
		groups: size(1, n/8, len(left)), threadgroup: size(32, 2, 1), args: args,
	}}
}

func gatherSorted(transposed bool) publicKernel {
	const experts, m, n, k = 5, 40, 64, 128
	expert := make([]uint32, m)
	for i := range expert {
		expert[i] = uint32([]int{0, 0, 1, 3, 3, 3, 3, 4}[i/5])
	}
	w := affineWeights(experts * n * k)
	x := numbers(m*k, 37, 61, 32)
	var want []float32
	for i := range m {
		matrix := w.values[int(expert[i])*n*k:]
		at := rowsOf(matrix, n)
		if transposed {
			at = columnsOf(matrix, k)
		}
		want = append(want, product(1, n, k, rowsOf(x[i*k:], k), at)...)
	}
	layout := "nn"
	if transposed {
		layout = "nt"
	}
	args := append([]argument{in(dtype.BF16, x)}, w.arguments(dtype.BF16)...)
	return publicKernel{
		file: mlxQuantizedFile, name: "affine_gather_qmm_rhs_" + layout + "_bfloat16_t_gs_64_b_4_bm_16_bn_32_bk_32_wm_1_wn_2",
		shape: fmt.Sprintf("%d rows, %d experts, n %d, k %d", m, experts, n, k), within: exact,
		constants: map[int]any{200: m%16 == 0, 201: true, 202: true},
		groups:    size(n/32, ceil(m, 16), 1), threadgroup: size(32, 2, 1),
		args: append(args, argument{buffer: raw(expert)}, out(dtype.BF16, want), inline(int32(m)), inline(int32(n)), inline(int32(k))),
	}
}

var onceInHalf = tolerance{4. / 2048, "query, score, weight and output are rounded to half at most once each, by 2^-11"}

// mlxAttention is causal: the last query sees all keys.
func mlxAttention() []publicKernel {
	const heads, d, queries, keys, tile = 2, 64, 45, 70, 32
	const scale = float32(0.125)
	q, k, v := numbers(heads*queries*d, 37, 61, 32), numbers(heads*keys*d, 53, 67, 32), numbers(heads*keys*d, 29, 59, 32)
	var want []float32
	for h := range heads {
		for i := range queries {
			causal := func(j int) float64 {
				if j > i+keys-queries {
					return math.Inf(-1)
				}
				return 0
			}
			want = append(want, attend(q[(h*queries+i)*d:][:d], k[h*keys*d:][:keys*d], v[h*keys*d:][:keys*d], scale, causal)...)
		}
	}
	strides := func(n int) []int64 { return []int64{int64(heads * n * d), int64(n * d), d} }
	params := inline(int32(1), int32(heads), int32(d), int32(queries), int32(keys), int32(1), scale,
		int32(ceil(queries, tile)), int32(ceil(keys, tile)), int32(queries/tile), int32(keys/tile), int32(queries%tile), int32(keys%tile), int32(keys-queries),
		strides(queries), strides(keys), strides(keys), strides(queries))
	return []publicKernel{{
		file:  "mlx/backend/metal/kernels/steel/attn/kernels/steel_attention.metal",
		name:  "steel_attention_float16_bq32_bk32_bd64_wm4_wn1_maskbool_",
		shape: fmt.Sprintf("%d heads of %d, %d queries, %d keys, causal", heads, d, queries, keys), within: onceInHalf,
		constants: map[int]any{200: false, 201: false, 300: false, 301: true, 302: false},
		groups:    size(ceil(queries, tile), heads, 1), threadgroup: size(32, 4, 1),
		args: []argument{in(dtype.F16, q), in(dtype.F16, k), in(dtype.F16, v), out(dtype.F16, want), params, {}, {}, {}},
	}}
}
