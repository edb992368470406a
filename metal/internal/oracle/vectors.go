package main

import (
	"strings"
)

// vectors are products of a matrix and a vector, or few.
func vectors() []family {
	tile := `_bm(\d+)_bn(\d+)_sm(\d+)_sn(\d+)_tm(\d+)_tn(\d+)`
	return []family{
		kernels("gemv", `gemv(_t)?_<F>`+tile+`_nc(\d)_axpby(\d)`, gemv),
		kernels("gemv gather", `gemv(_t)?_gather_<F>`+tile, gemvGather),
		kernels("gemv wide", `gemv_wide_(gather_)?<F>_nv(\d+)_kl(\d+)`, gemvWide),
		kernels("gemv masked", `gemv(_t)?_outmask_(\w+?)_opmask_(\w+?)_<F>`+tile+`_nc(\d)`, gemvMasked),
	}
}

// matrixVector binds the operands of gemv: batch vectors and as many matrices. The
// last of two threadgroups' last thread has one of its rows, or columns where the
// matrix is transposed: a thread without any would leave before a barrier.
func matrixVector(p *plan, t dtype, transposed bool, tile []string, batch int) *plan {
	in, each := 1357, digits(tile[4])
	block := digits(tile[0]) * digits(tile[2]) * each
	if transposed {
		in, each = 141, digits(tile[5])
		block = digits(tile[1]) * digits(tile[3]) * each
	}
	out := 2*block - each + 1
	ld := in
	if transposed {
		ld = out
	}
	p.random("mat", t, batch*in*out).random("in_vec", t, batch*in).random("bias", t, batch*out).out("out_vec", t, batch*out)
	p.set("in_vec_size", int32(in)).set("out_vec_size", int32(out)).set("marix_ld", int32(ld)).set("alpha", float32(1.7)).set("beta", float32(-0.3))
	p.set("batch_ndim", int32(1)).set("batch_shape", []int32{int32(batch)}).set("bias_stride", int32(1)).set("bias_batch_stride", []int64{int64(out)})
	p.set("vector_batch_stride", []int64{int64(in)}).set("matrix_batch_stride", []int64{int64(in * out)})
	return p.groups(size(ceil(out, block), 1, batch), size(32, digits(tile[1]), digits(tile[0])))
}

func gemv(m []string) *plan {
	t := dtypes[m[2]]
	p := of("gemv.h", "gemv%s<%s, %s>", m[1], t.metal, strings.Join(m[3:], ", "))
	matrixVector(p, t, m[1] != "", m[3:9], 2)
	if m[9] == "1" { // the batch in two axes
		p.set("batch_ndim", int32(2)).set("batch_shape", []int32{2, 1})
		for _, name := range []string{"vector_batch_stride", "matrix_batch_stride", "bias_batch_stride"} {
			v := p.values[name]
			v.data = append(v.data, make([]byte, 8)...)
			p.values[name] = v
		}
	}
	return p
}

// gathered sets indices of 3 products of 2 vectors and 2 matrices.
func (p *plan) gathered() *plan {
	for name, indices := range map[string][]uint32{"vec_indices": {1, 0, 1}, "mat_indices": {0, 1, 1}} {
		p.set(name, indices)
	}
	p.set("batch_shape", []int32{3}).set("index_batch_strides", []int64{1, 1})
	p.set("vector_batch_ndim", int32(1)).set("vector_batch_shape", []int32{2})
	return p.set("matrix_batch_ndim", int32(1)).set("matrix_batch_shape", []int32{2})
}

func gemvGather(m []string) *plan {
	t := dtypes[m[2]]
	p := of("gemv.h", "gemv%s_gather<%s, %s>", m[1], t.metal, strings.Join(m[3:], ", "))
	matrixVector(p, t, m[1] != "", m[3:9], 2).gathered()
	p.grid.Z = p.grid.Z / 2 * 3
	return p.out("out_vec", t, len(p.values["out_vec"].data)/t.size/2*3)
}

func gemvWide(m []string) *plan {
	const in, out, vectors, batch = 396, 37, 7, 2
	t, vecs, kl := dtypes[m[2]], digits(m[3]), digits(m[4])
	p := of("gemv.h", "gemv_wide%s<%s, %d, %d>", strings.TrimSuffix("_"+m[1], "_"), t.metal, vecs, kl)
	n := batch
	p.random("mat", t, batch*in*out).random("in_vec", t, batch*vectors*in).random("bias", t, batch*vectors*out)
	p.set("in_vec_size", int32(in)).set("out_vec_size", int32(out)).set("M", int32(vectors)).set("matrix_ld", int32(in)).set("vector_ld", int32(in))
	p.set("batch_ndim", int32(1)).set("batch_shape", []int32{batch})
	p.set("vector_batch_stride", []int64{vectors * in}).set("matrix_batch_stride", []int64{in * out})
	p.constant(0, m[1] == "" && kl == 16).constant(1, m[1] == "" && vecs%2 == 0)
	if m[1] != "" {
		p.gathered()
		n = 3
	} else {
		p.set("alpha", float32(1.7)).set("beta", float32(-0.3)).set("bias_batch_stride", []int64{vectors * out}).set("bias_ld", int32(out)).set("bias_fd", int32(1))
	}
	p.out("out_vec", t, n*vectors*out)
	simdgroups := kl / 8
	return p.groups(size(1, ceil(out, 32/kl*simdgroups), n), size(32, simdgroups, 1))
}

func gemvMasked(m []string) *plan {
	t := dtypes[m[4]]
	outMask, outName := masks(m[2])
	opMask, opName := masks(m[3])
	p := of("utils.h gemv_masked.h", "gemv%s_masked<%s, %s, %s, %s>", m[1], t.metal, outName, opName, strings.Join(m[5:], ", "))
	matrixVector(p, t, m[1] != "", m[5:11], 2)
	const blocks = 1024 // more than any kernel has
	p.sometimes("out_mask", outMask, blocks).sometimes("mat_mask", opMask, blocks).sometimes("vec_mask", opMask, blocks)
	p.set("mask_strides", []int32{1, 1, 1, 5, 1, 1}).set("mask_batch_strides", []int64{7, 0, 3, 0, 2, 0})
	if m[11] == "1" {
		p.set("batch_ndim", int32(2)).set("batch_shape", []int32{2, 1})
		p.set("vector_batch_stride", []int64{1, 0}).set("matrix_batch_stride", []int64{3, 0})
	}
	return p
}

// sometimes binds a name to n numbers of which a third are zero.
func (p *plan) sometimes(name string, t dtype, n int) *plan {
	data := moderate(t, n, name)
	for i := range n {
		if i%3 == 1 {
			put(data, t.size, i, 0)
		} else if t.kind == boolean {
			put(data, t.size, i, 1)
		}
	}
	return p.buffer(name, t, data)
}
