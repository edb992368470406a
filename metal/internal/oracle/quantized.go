package main

import (
	"slices"
	"strconv"
	"strings"
)

// quantized are products with quantized weights, and what makes and undoes those.
func quantized() []family {
	head := `(affine|mxfp4|mxfp8|nvfp4)_`
	format := `_<M>_gs_(\d+)_b_(\d+)`
	return []family{
		kernels("qmv", head+`(qmv|qmv_fast)`+format+`_batch_(\d)_pr_(\d)_hgs_(\d)_r_(\d)`, qmv),
		kernels("qmv quad", head+`(qmv_quad)_<M>_gs_(\d+)_b_(1|2|4|8)_d_(\d+)_batch_(\d)`, qmvQuad), // MLX launches no others
		kernels("qmv wide", head+`(qmv_wide)`+format+`_nv_(\d+)_kl_(\d+)_batch_(\d)`, qmvWide),
		kernels("qvm", head+`(qvm)`+format+`_batch_(\d)(_hgs)?`, qvm),
		kernels("qvm split k", head+`(qvm_split_k)`+format+`_spk_(\d+)`, qvmSplit),
		kernels("qmm", head+`(qmm_t)`+format+`_alN_(true|false)_batch_(\d)(_hgs)?`, qmm),
		kernels("qmm", head+`(qmm_n)`+format+`()_batch_(\d)(_hgs)?`, qmm),
		kernels("qmm split k", head+`(qmm_t_splitk)`+format+`_alN_(true|false)`, qmmSplit),
		kernels("gather qmv", head+`(gather_qmv|gather_qmv_fast|gather_qvm)`+format+`(_hgs)?`, gatherQMV),
		kernels("gather qmm", head+`(gather_qmm_t)`+format+`_alN_(true|false)(_hgs)?`, gatherQMM),
		kernels("gather qmm", head+`(gather_qmm_n)`+format+`()(_hgs)?`, gatherQMM),
		kernels("gather qmm sorted", head+`(gather_qmm_rhs)_(nt|nn)`+format+`_bm_(\d+)_bn_(\d+)_bk_(\d+)_wm_(\d+)_wn_(\d+)(_hgs)?`, gatherSorted),
		kernels("quantize", head+`(quantize|dequantize|quantize_dequantize)`+format+`(?:_hgs_(true|false))?`, quantize),
	}
}

// format is how weights are quantized.
type format struct {
	affine      bool
	nv          bool
	t           dtype
	group, bits int
}

// formatOf reads the groups that begin every pattern, and begins a plan of a function
// with the format's template arguments and more.
func formatOf(m []string, more ...string) (format, *plan) {
	f := format{m[1] == "affine", m[1] == "nvfp4", dtypes[m[3]], digits(m[4]), digits(m[5])}
	header, prefix := "quantized.h", "affine_"
	if !f.affine {
		header, prefix = "fp_quantized.h", "fp_"
	}
	args := append([]string{f.t.metal, m[4], m[5]}, more...)
	return f, of("utils.h steel/gemm/gemm.h quantized_utils.h "+header, "%s%s<%s>", prefix, m[2], strings.Join(args, ", "))
}

// truth is a template argument for an optional part of a name.
func truth(part string) string {
	if part == "" || part == "0" || part == "false" {
		return "false"
	}
	return "true"
}

// weights binds batch matrices of rows × columns, with their strides. Scales are so
// small that sums of products stay moderate.
func (p *plan) weights(f format, batch, rows, columns int) *plan {
	n := rows * columns
	groups := n / f.group
	const more = 16 // words: some kernels read a little past the last row
	p.buffer("w", dtypes["uint32"], arbitrary(dtypes["uint32"], batch*n*f.bits/32+more, "w"))
	scales := moderate(f.t, batch*groups, "scales")
	if f.affine {
		for i := range batch * groups {
			put(scales, f.t.size, i, fromFloat(f.t, toFloat(f.t, get(scales, f.t.size, i))/16))
		}
		p.buffer("scales", f.t, scales).random("biases", f.t, batch*groups)
	} else {
		p.buffer("scales", dtypes["uint8"], f.exponents(batch*groups)).set("global_scale", []float32{37.5, 21.3, 48.9})
	}
	p.set("w_batch_ndims", int32(1)).set("w_shape", []int32{int32(batch), int32(rows), int32(columns * f.bits / 32)})
	p.set("w_strides", []int64{int64(n * f.bits / 32), int64(columns * f.bits / 32), 1})
	p.set("s_strides", []int64{int64(groups), int64(columns / f.group), 1})
	return p.set("b_strides", []int64{int64(groups), int64(columns / f.group), 1})
}

// exponents are scales of the formats without biases: an exponent in 8 bits, or a
// number with 4 of exponent and 3 of mantissa.
func (f format) exponents(n int) []byte {
	data := arbitrary(dtypes["uint8"], n, "scales")
	for i := range data {
		if f.nv {
			data[i] = 0x20 + data[i]%0x28
		} else {
			data[i] = 118 + data[i]%8
		}
	}
	return data
}

// input binds batch matrices x of rows × columns.
func (p *plan) input(f format, batch, rows, columns int) *plan {
	p.random("x", f.t, batch*rows*columns).set("x_batch_ndims", int32(1))
	p.set("x_shape", []int32{int32(batch), int32(rows), int32(columns)})
	return p.set("x_strides", []int64{int64(rows * columns), int64(columns), 1})
}

// sizes of the products with vectors: the batch, vectors of each, inner extent.
const quantBatch, quantRows = 2, 3

// alignment is a number of inner elements that qmv_fast takes at a time.
func (f format) alignment() int {
	if f.bits == 1 {
		return 2048
	}
	return 512
}

func qmv(m []string) *plan {
	f, p := formatOf(m, truth(m[6]), truth(m[7]), truth(m[8]), m[9])
	k, n, results := 2*f.alignment(), 24, digits(m[9])
	if m[2] == "qmv" {
		k, n = 640, 21
	} else if m[7] == "1" {
		n = 20 + results/4
	}
	batch := 1 + digits(m[6])*(quantBatch-1)
	p.input(f, batch, quantRows, k).weights(f, batch, n, k).out("y", f.t, batch*quantRows*n)
	p.set("in_vec_size", int32(k)).set("out_vec_size", int32(n))
	return p.groups(size(quantRows, ceil(n, 2*results), batch), size(32, 2, 1))
}

func qmvQuad(m []string) *plan {
	f, p := formatOf(m, m[6], truth(m[7]))
	const n = 128 // the kernel reads up to a multiple of 64
	k, batch := digits(m[6]), 1+digits(m[7])*(quantBatch-1)
	p.input(f, batch, quantRows, k).weights(f, batch, n, k).out("y", f.t, batch*quantRows*n)
	p.set("in_vec_size", int32(k)).set("out_vec_size", int32(n))
	return p.groups(size(quantRows, ceil(n, 64), batch), size(32, 1, 1))
}

func qmvWide(m []string) *plan {
	const k, n, rows = 640, 21, 7
	f, p := formatOf(m, m[6], m[7], truth(m[8]))
	batch := 1 + digits(m[8])*(quantBatch-1)
	p.input(f, batch, rows, k).weights(f, batch, n, k).out("y", f.t, batch*rows*n)
	p.set("in_vec_size", int32(k)).set("out_vec_size", int32(n)).set("M", int32(rows))
	return p.groups(size(ceil(rows, digits(m[6])), ceil(n, 2*32/digits(m[7])), batch), size(32, 2, 1))
}

// across is how many columns a threadgroup of the vector–matrix kernels takes.
func (f format) across() int { return 2 * min(f.group, 32) }

func qvm(m []string) *plan {
	const k, n = 77, 256
	f, p := formatOf(m, append([]string{truth(m[6])}, optional(m[7])...)...)
	batch := 1 + digits(m[6])*(quantBatch-1)
	p.input(f, batch, quantRows, k).weights(f, batch, k, n).out("y", f.t, batch*quantRows*n)
	p.set("in_vec_size", int32(k)).set("out_vec_size", int32(n))
	return p.groups(size(quantRows, ceil(n, f.across()), batch), size(32, 2, 1))
}

// optional is a last template argument that a kernel has only with a part of its name.
func optional(part string) []string {
	if part == "" {
		return nil
	}
	return []string{"true"}
}

// qvmSplit has parts of the inner extent beside the batch, of which the last is smaller.
func qvmSplit(m []string) *plan {
	const n, part, rest = 256, 40, 23
	f, p := formatOf(m, m[6])
	split := digits(m[6])
	k := (split-1)*part + rest
	p.input(f, 1, quantRows, k).weights(f, 1, k, n).out("y", f.t, split*quantRows*n)
	p.set("in_vec_size", int32(part)).set("out_vec_size", int32(n)).set("final_block_size", int32(rest))
	p.set("x_shape", []int32{int32(split), quantRows, part}).set("x_strides", []int64{part, int64(k), 1})
	p.set("w_shape", []int32{int32(split), part, int32(n * f.bits / 32)}).set("w_strides", []int64{int64(part * n * f.bits / 32), int64(n * f.bits / 32), 1})
	for _, name := range []string{"s_strides", "b_strides"} {
		p.set(name, []int64{int64(part * n / f.group), int64(n / f.group), 1})
	}
	return p.groups(size(quantRows, ceil(n, f.across()), split), size(32, 2, 1))
}

// The matrix–matrix kernels have blocks of 32 × 32 and inner blocks of 32.
const quantM, quantK = 45, 256

// columnsOf is a number of columns that are aligned to blocks or not.
func columnsOf(transposed bool, aligned string) int {
	switch {
	case !transposed:
		return 128 // the largest group
	case aligned == "true":
		return 64
	}
	return 77
}

func qmm(m []string) *plan {
	transposed := m[2] == "qmm_t"
	more := []string{truth(m[7])}
	if transposed {
		more = []string{m[6], truth(m[7])}
	}
	f, p := formatOf(m, append(more, optional(m[8])...)...)
	n, batch := columnsOf(transposed, m[6]), 1+digits(m[7])*(quantBatch-1)
	p.input(f, batch, quantM, quantK).matrix(f, batch, transposed, n).out("y", f.t, batch*quantM*n)
	return p.groups(size(ceil(n, 32), ceil(quantM, 32), batch), size(32, 2, 2))
}

// matrix binds weights of the matrix–matrix kernels, and the extents.
func (p *plan) matrix(f format, batch int, transposed bool, n int) *plan {
	if transposed {
		p.weights(f, batch, n, quantK)
	} else {
		p.weights(f, batch, quantK, n)
	}
	return p.set("K", int32(quantK)).set("N", int32(n)).set("M", int32(quantM))
}

func qmmSplit(m []string) *plan {
	const parts = 2
	f, p := formatOf(m, m[6])
	n := columnsOf(true, m[6])
	p.input(f, 1, quantM, quantK).matrix(f, 1, true, n).out("y", dtypes["float32"], parts*quantM*n)
	p.set("k_partition_size", int32(quantK/parts)).set("split_k_partition_stride", int32(quantM*n))
	return p.groups(size(ceil(n, 32), ceil(quantM, 32), parts), size(32, 2, 2))
}

// chosen sets the indices of 3 products of 2 inputs with 2 matrices.
func (p *plan) chosen() *plan {
	p.set("lhs_indices", []uint32{1, 0, 1}).set("rhs_indices", []uint32{0, 1, 1})
	return p.set("batch_ndims", int32(1)).set("batch_shape", []int32{3}).set("lhs_strides", []int64{1}).set("rhs_strides", []int64{1})
}

func gatherQMV(m []string) *plan {
	f, p := formatOf(m, optional(m[6])...)
	k, n := 640, 21
	p.chosen()
	switch m[2] {
	case "gather_qmv_fast":
		k, n = f.alignment(), 24
	case "gather_qvm":
		k, n = 77, 256
		p.input(f, 2, quantRows, k).weights(f, 2, k, n).out("y", f.t, 3*quantRows*n)
		p.set("in_vec_size", int32(k)).set("out_vec_size", int32(n))
		return p.groups(size(quantRows, ceil(n, f.across()), 3), size(32, 2, 1))
	}
	p.input(f, 2, quantRows, k).weights(f, 2, n, k).out("y", f.t, 3*quantRows*n)
	p.set("in_vec_size", int32(k)).set("out_vec_size", int32(n))
	return p.groups(size(quantRows, ceil(n, 8), 3), size(32, 2, 1))
}

func gatherQMM(m []string) *plan {
	transposed := m[2] == "gather_qmm_t"
	var more []string
	if transposed {
		more = []string{m[6]}
	}
	f, p := formatOf(m, append(more, optional(m[7])...)...)
	n := columnsOf(transposed, m[6])
	p.chosen().input(f, 2, quantM, quantK).matrix(f, 2, transposed, n).out("y", f.t, 3*quantM*n)
	return p.groups(size(ceil(n, 32), ceil(quantM, 32), 3), size(32, 2, 2))
}

// gatherSorted has rows that are sorted by matrix: 20 of the first, none of the
// second, 25 of the third.
func gatherSorted(m []string) *plan {
	transposed := m[3] == "nt"
	more := slices.Concat(m[7:12], []string{strconv.FormatBool(transposed)}, optional(m[12]))
	f, p := formatOf(slices.Concat(m[:3], m[4:]), more...)
	n := columnsOf(transposed, "false")
	p.input(f, 1, quantM, quantK).matrix(f, 3, transposed, n).out("y", f.t, quantM*n)
	p.set("offsets", []int32{0, 20, 20}).set("num_groups", int32(3))
	p.constant(200, false).constant(201, n%32 == 0).constant(202, true)
	return p.groups(size(ceil(n, digits(m[8])), ceil(quantM, digits(m[7]))+3, 1), size(32, digits(m[11]), digits(m[10])))
}
