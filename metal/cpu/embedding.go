package cpu

import (
	"unsafe"

	"github.com/assay-bench/assay/metal/cpu/simd"
)

// embedding dequantizes the rows of the table that ids name. The table has as
// many rows as its shortest buffer holds.
type embedding struct {
	k       *kernel
	m, d, v int
	ids     []uint32
	mat     matrix
	y       unsafe.Pointer
	work    [][]float32
}

func bindEmbedding(b *binder) task {
	p := ints(b.params(5, 3))
	m, d := p[0], p[1]
	if m == 0 || d == 0 {
		b.fail("argument 5 (parameters): a zero among M, D = %v", p[:2])
	}
	if b.err == nil && d%b.k.group != 0 {
		b.fail("D %d is not a multiple of the group size %d", d, b.k.group)
	}
	if b.err != nil {
		return nil
	}
	row, scales := d*b.k.bits/8, d/b.k.group*b.k.t.Size()
	v := max(1, min(b.size(1)/row, b.size(2)/scales, b.size(3)/scales))
	return &embedding{
		k: b.k, m: m, d: d, v: v, ids: b.indices(0, "ids", m), mat: b.matrix(1, "", 1, v, d),
		y: b.outElems(4, "y", m, d), work: b.workerFloats(d),
	}
}

func (t *embedding) run(p *pool) error {
	for i, id := range t.ids {
		if int(id) >= t.v {
			return t.k.fault("ids[%d] is %d, but the table has %d rows", i, id, t.v)
		}
	}
	return p.do(t, t.m)
}

func (t *embedding) chunks(worker, from, to int) {
	for i := from; i < to; i++ {
		t.chunk(worker, i)
	}
}

func (t *embedding) chunk(worker, i int) {
	id := int(t.ids[i])
	w := t.work[worker]
	groups := t.d / t.k.group
	simd.Codes(w, unsafe.Add(t.mat.codes, id*t.d*t.k.bits/8), t.k.bits)
	for g := range groups {
		s := simd.Load1(t.mat.scales, id*groups+g, t.k.t)
		b := simd.Load1(t.mat.biases, id*groups+g, t.k.t)
		for j := g * t.k.group; j < (g+1)*t.k.group; j++ {
			w[j] = w[j]*s + b
		}
	}
	simd.Store(unsafe.Add(t.y, i*t.d*t.k.t.Size()), w, t.k.t)
}
