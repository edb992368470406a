package cpu

import (
	"math"
	"unsafe"

	"github.com/assay-bench/assay/metal/cpu/simd"
	"github.com/assay-bench/assay/metal/kernels"
)

// rows is an op on each row of x[M,D] alone: softmax, argmax, rms_norm and that of
// a sum.
type rows struct {
	k      *kernel
	m, d   int
	eps    float32
	x, y   unsafe.Pointer
	weight []float32 // rms_norm: scratch for the weights
	src    unsafe.Pointer
	index  []uint32       // argmax
	with   unsafe.Pointer // add_rms_norm: what is added
	sum    unsafe.Pointer
	row    func(t *rows, x []float32, r int)
	work   [][]float32
	other  [][]float32 // of with
	per    int         // rows of one chunk
}

func (b *binder) rows(row func(t *rows, x []float32, r int)) *rows {
	p := params[kernels.RowParams](b)
	d := int(p.D)
	return &rows{
		k: b.k, m: int(p.M), d: d, eps: p.Eps, x: b.at("x"), row: row, per: max(1, 2048/d), work: b.workerFloats(d),
	}
}

func bindSoftmax(b *binder) task {
	t := b.rows((*rows).softmax)
	t.y = b.at("y")
	return t
}

func bindRMSNorm(b *binder) task {
	t := b.rows((*rows).rmsNorm)
	t.src, t.y, t.weight = b.at("weight"), b.at("y"), b.floats(t.d)
	return t
}

func bindAddRMSNorm(b *binder) task {
	t := b.rows((*rows).rmsNorm)
	t.src, t.y, t.weight = b.at("weight"), b.at("y"), b.floats(t.d)
	t.with, t.sum = b.at("residual"), b.at("sum")
	t.other = b.workerFloats(t.d)
	return t
}

func bindArgmax(b *binder) task {
	t := b.rows((*rows).argmax)
	t.index = b.indices("index")
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
		if t.with != nil {
			t.add(x, t.other[worker], r)
		}
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

// add makes x the sum as it is stored.
func (t *rows) add(x, other []float32, r int) {
	at := r * t.d * t.k.t.Size()
	simd.Load(other, unsafe.Add(t.with, at), t.k.t)
	simd.Add(x, x, other)
	simd.Round(x, t.k.t)
	simd.Store(unsafe.Add(t.sum, at), x, t.k.t)
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
