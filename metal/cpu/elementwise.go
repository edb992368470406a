package cpu

import (
	"unsafe"

	"github.com/assay-bench/assay/metal/cpu/simd"
	"github.com/assay-bench/assay/metal/kernels"
)

// pairwise is an elementwise op of two arrays: swiglu and add.
type pairwise struct {
	k       *kernel
	n       int
	a, b, y unsafe.Pointer
	f       func(dst, a, b []float32)
	work    [][]float32
}

// pairwiseChunk is the elements of one chunk.
const pairwiseChunk = 2048

func bindSwiglu(b *binder) task { return b.pairwise("gate", "up", simd.SiluMul) }
func bindAdd(b *binder) task    { return b.pairwise("a", "b", simd.Add) }

func (b *binder) pairwise(first, second string, f func(dst, a, b []float32)) task {
	n := int(params[kernels.CountParams](b).N)
	t := &pairwise{k: b.k, n: n, f: f, a: b.at(first), b: b.at(second), y: b.at("y")}
	t.work = b.workerFloats(2 * pairwiseChunk)
	return t
}

func (t *pairwise) run(p *pool) error {
	return p.do(t, (t.n+pairwiseChunk-1)/pairwiseChunk)
}

func (t *pairwise) chunks(worker, from, to int) {
	for i := from; i < to; i++ {
		t.chunk(worker, i)
	}
}

func (t *pairwise) chunk(worker, i int) {
	i0 := i * pairwiseChunk
	n := min(pairwiseChunk, t.n-i0)
	size := t.k.t.Size()
	w := t.work[worker]
	a, b := w[:n], w[pairwiseChunk:pairwiseChunk+n]
	simd.Load(a, unsafe.Add(t.a, i0*size), t.k.t)
	simd.Load(b, unsafe.Add(t.b, i0*size), t.k.t)
	t.f(a, a, b)
	simd.Store(unsafe.Add(t.y, i0*size), a, t.k.t)
}
