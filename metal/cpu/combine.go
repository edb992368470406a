package cpu

import (
	"unsafe"

	"github.com/assay-bench/assay/metal/cpu/simd"
	"github.com/assay-bench/assay/metal/dtype"
	"github.com/assay-bench/assay/metal/kernels"
)

// accumulate adds w·y to acc in the mode's rounding.
func (m mode) accumulate(acc, y []float32, w float32, t dtype.DType) {
	switch m {
	case modeFP32:
		simd.FMA(acc, y, w)
	case modeNoFMA:
		simd.MulAdd(acc, y, w)
	case modeExact:
		simd.MulAddRounded(acc, y, w, t)
	}
}

// combine is moe_combine: out[t] = Σ_j weights[t,j]·y[t,j].
type combine struct {
	k         *kernel
	m, top, d int
	y         unsafe.Pointer
	yType     dtype.DType
	weights   unsafe.Pointer
	out       unsafe.Pointer
	cols      int // columns of one chunk
	perRow    int // chunks of one token
	work      []combineWorker
}

type combineWorker struct{ acc, y []float32 }

func bindCombine(b *binder) task {
	p := params[kernels.CombineParams](b)
	return b.combine(int(p.M), int(p.TopK), int(p.D), b.at("y"), b.k.t)
}

// combine plans a combine of y[m,top,d] by weights into out.
func (b *binder) combine(m, top, d int, y unsafe.Pointer, yType dtype.DType) *combine {
	c := &combine{
		k: b.k, m: m, top: top, d: d, y: y, yType: yType, weights: b.at("weights"), out: b.at("out"),
		cols: min(d, 1024), work: make([]combineWorker, b.dev.pool.threads),
	}
	c.perRow = (d + c.cols - 1) / c.cols
	for w := range c.work {
		c.work[w] = combineWorker{b.floats(c.cols), b.floats(c.cols)}
	}
	return c
}

func (c *combine) run(p *pool) error { return p.do(c, c.m*c.perRow) }

func (c *combine) chunks(worker, from, to int) {
	for i := from; i < to; i++ {
		c.chunk(worker, i)
	}
}

func (c *combine) chunk(worker, i int) {
	t, d0 := i/c.perRow, i%c.perRow*c.cols
	n := min(c.cols, c.d-d0)
	acc, y := c.work[worker].acc[:n], c.work[worker].y[:n]
	clear(acc)
	for j := range c.top {
		row := t*c.top + j
		c.k.mode.accumulate(acc, c.row(y, row*c.d+d0), simd.Load1(c.weights, row, c.k.t), c.k.t)
	}
	simd.Store(unsafe.Add(c.out, (t*c.d+d0)*c.k.t.Size()), acc, c.k.t)
}

// row is len(y) values of y from index i on: float32 in place, others widened.
// Projections that were not stored yet are rounded as storing them would in
// the exact mode.
func (c *combine) row(y []float32, i int) []float32 {
	src := unsafe.Add(c.y, i*c.yType.Size())
	if c.yType != dtype.F32 {
		simd.Load(y, src, c.yType)
		return y
	}
	values := unsafe.Slice((*float32)(src), len(y))
	if c.k.mode != modeExact || c.k.t == dtype.F32 {
		return values
	}
	copy(y, values)
	simd.Round(y, c.k.t)
	return y
}
