package cpu

import (
	"math"
	"unsafe"

	"github.com/assay-bench/assay/metal/cpu/simd"
)

// rows is an op on each row of x[M,D] alone: softmax, rms_norm and argmax.
type rows struct {
	k      *kernel
	m, d   int
	eps    float32
	x, y   unsafe.Pointer
	weight []float32 // rms_norm: scratch for the weights
	src    unsafe.Pointer
	index  []uint32 // argmax
	row    func(t *rows, x []float32, r int)
	work   [][]float32
	per    int // rows of one chunk
}

func (b *binder) rows(i int, row func(t *rows, x []float32, r int)) *rows {
	p := b.params(i, 3)
	m, d := int(p[0]), int(p[1])
	if m == 0 || d == 0 {
		b.fail("argument %d (parameters): a zero among M, D = %v", i, p[:2])
	}
	t := &rows{
		k: b.k, m: m, d: d, eps: math.Float32frombits(p[2]),
		x: b.elems(0, "x", m, d), row: row, per: max(1, 2048/max(1, d)),
	}
	if b.err == nil {
		t.work = b.workerFloats(d)
	}
	return t
}

func bindSoftmax(b *binder) task {
	t := b.rows(2, (*rows).softmax)
	t.y = b.outElems(1, "y", t.m, t.d)
	return t
}

func bindRMSNorm(b *binder) task {
	t := b.rows(3, (*rows).rmsNorm)
	t.src = b.elems(1, "weight", t.d)
	t.y = b.outElems(2, "y", t.m, t.d)
	t.weight = b.floats(t.d)
	return t
}

func bindArgmax(b *binder) task {
	t := b.rows(2, (*rows).argmax)
	t.index = b.outIndices(1, "index", t.m)
	return t
}

func (t *rows) run(p *pool) error {
	if t.src != nil {
		simd.Load(t.weight, t.src, t.k.t)
	}
	return p.do(t, (t.m+t.per-1)/t.per)
}

func (t *rows) chunks(worker, from, to int) {
	for i := from; i < to; i++ {
		t.chunk(worker, i)
	}
}

func (t *rows) chunk(worker, i int) {
	x := t.work[worker]
	for r := i * t.per; r < min((i+1)*t.per, t.m); r++ {
		simd.Load(x, unsafe.Add(t.x, r*t.d*t.k.t.Size()), t.k.t)
		t.row(t, x, r)
	}
}

func (t *rows) store(x []float32, r int) {
	simd.Store(unsafe.Add(t.y, r*t.d*t.k.t.Size()), x, t.k.t)
}

// softmax: a row with NaN or without a finite value gives NaN, as the formula does.
func (t *rows) softmax(x []float32, r int) {
	nan := false
	for _, v := range x {
		nan = nan || v != v
	}
	sum := softmax(x)
	if nan || sum == 0 {
		sum = float32(math.NaN())
	}
	for i := range x {
		x[i] /= sum
	}
	t.store(x, r)
}

// rmsNorm: x / √(mean(x²) + eps) · weight.
func (t *rows) rmsNorm(x []float32, r int) {
	scale := 1 / float32(math.Sqrt(float64(simd.Dot(x, x)/float32(t.d)+t.eps)))
	for i, w := range t.weight {
		x[i] = x[i] * scale * w
	}
	t.store(x, r)
}

// argmax: the first index of the largest value; NaN is never the largest.
func (t *rows) argmax(x []float32, r int) {
	best, top := 0, float32(math.Inf(-1))
	for i, v := range x {
		if v > top {
			best, top = i, v
		}
	}
	t.index[r] = uint32(best)
}
