package cpu

import (
	"math"
	"unsafe"

	"github.com/assay-bench/assay/metal/cpu/simd"
	"github.com/assay-bench/assay/metal/kernels"
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
	p := params[kernels.RowParams](b)
	d, v := int(p.D), math.MaxInt
	for _, plane := range b.Format.Planes() {
		v = min(v, b.room("w", plane)/b.Format.PlaneBytes(plane, d))
	}
	return &embedding{
		k: b.k, m: int(p.M), d: d, v: v, ids: b.indices("ids"), mat: b.matrix("w", v, d),
		y: b.at("y"), work: b.workerFloats(d),
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
	groups := t.d / t.k.Format.Group
	codes := unsafe.Add(t.mat.codes, id*t.d*t.k.Format.Bits/8)
	if table := tables()[t.k.Format.Mode]; table != nil {
		table.Row(w, codes, unsafe.Add(t.mat.scales, id*groups), t.k.Format.Bits, t.k.Format.Group)
		simd.Store(unsafe.Add(t.y, i*t.d*t.k.t.Size()), w, t.k.t)
		return
	}
	simd.Codes(w, codes, t.k.Format.Bits)
	for g := range groups {
		s := simd.Load1(t.mat.scales, id*groups+g, t.k.t)
		b := simd.Load1(t.mat.biases, id*groups+g, t.k.t)
		for j := g * t.k.Format.Group; j < (g+1)*t.k.Format.Group; j++ {
			w[j] = w[j]*s + b
		}
	}
	simd.Store(unsafe.Add(t.y, i*t.d*t.k.t.Size()), w, t.k.t)
}
