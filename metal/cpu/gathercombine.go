package cpu

import (
	"unsafe"

	"github.com/assay-bench/assay/metal/cpu/simd"
	"github.com/assay-bench/assay/metal/dtype"
)

// blockBytes bounds the unrounded down projections kept between the two halves
// of a gather_qmm_combine of many tokens.
const blockBytes = 16 << 20

// bindGatherCombine binds the down projection with the weighted sum over each
// token's experts. One token is computed in one pass; more tokens in blocks:
// projections grouped by expert, then their sums.
func bindGatherCombine(b *binder) task {
	p := ints(b.positive(7, 5, "M, TopK, D, K, Experts"))
	m, top, n, k, experts := p[0], p[1], p[2], p[3], p[4]
	h := b.elems(0, "h", m, top, k)
	mat := b.matrix(1, "down ", experts, n, k)
	rhs := b.indices(4, "rhs", m, top)
	if b.err != nil {
		return nil
	}
	if m == 1 {
		return b.oneToken(h, mat, rhs, top, n, k, experts)
	}
	block := min(m, max(1, blockBytes/mul(top, n, 4)))
	g := b.gather([]matrix{mat}, n, k)
	g.x = b.prepare(&g.q, h, mul(m, top))
	y := b.floats(block, top, n)
	t := &tokens{
		gather: g, m: m, top: top, block: block, rhs: rhs,
		combine: b.combine(m, top, n, nil, dtype.F32, 5, 6),
	}
	if b.err != nil {
		return nil
	}
	t.y = unsafe.Pointer(unsafe.SliceData(y))
	t.weights, t.out = t.combine.weights, t.combine.out
	g.y, g.yType, t.combine.y = t.y, dtype.F32, t.y
	g.group = newGrouping(nil, rhs[:block*top], 1, experts, 0)
	return t
}

// tokens is gather_qmm_combine of several tokens.
type tokens struct {
	gather          *gather
	combine         *combine
	m, top, block   int
	rhs             []uint32
	y, weights, out unsafe.Pointer
}

func (t *tokens) run(p *pool) error {
	for i, e := range t.rhs {
		if int(e) >= t.gather.group.experts {
			return t.gather.k.fault("rhs[%d] is expert %d, but there are %d experts", i, e, t.gather.group.experts)
		}
	}
	if err := t.gather.x.run(p); err != nil {
		return err
	}
	x := *t.gather.x
	defer func() { *t.gather.x = x }()
	for t0 := 0; t0 < t.m; t0 += t.block {
		n := min(t.block, t.m-t0)
		t.gather.x.dst = unsafe.Add(x.dst, t0*t.top*x.dstStride)
		t.gather.group.sort(t.rhs[t0*t.top : (t0+n)*t.top])
		if err := p.do(t.gather, len(t.gather.group.segments)*t.gather.tiles); err != nil {
			return err
		}
		size := t.gather.k.t.Size()
		t.combine.m = n
		t.combine.weights = unsafe.Add(t.weights, t0*t.top*size)
		t.combine.out = unsafe.Add(t.out, t0*t.combine.d*size)
		if err := t.combine.run(p); err != nil {
			return err
		}
	}
	return nil
}

// oneToken is gather_qmm_combine of one token: a chunk is a tile of output
// columns, summed over the experts without leaving the core.
type oneToken struct {
	k       *kernel
	q       simd.QDot
	mat     matrix
	x       *prepared
	rhs     []uint32
	n       int
	experts int
	weights unsafe.Pointer
	out     unsafe.Pointer
	tile    int
	work    []oneTokenWorker
}

type oneTokenWorker struct {
	args simd.RowArgs
	acc  []float32
	y    []float32
	_    [64]byte
}

func (b *binder) oneToken(h unsafe.Pointer, mat matrix, rhs []uint32, top, n, k, experts int) task {
	t := &oneToken{
		k: b.k, q: b.qdot(simd.Whole, k), mat: mat, rhs: rhs, n: n, experts: experts,
		weights: b.elems(5, "weights", 1, top), out: b.outElems(6, "out", 1, n),
		work: make([]oneTokenWorker, b.dev.pool.threads),
	}
	if b.err != nil {
		return nil
	}
	t.x = b.prepare(&t.q, h, top)
	t.tile = tileRows(&t.q, n)
	for i := range t.work {
		w := &t.work[i]
		w.acc, w.y = b.floats(t.tile), b.floats(t.tile)
		w.args.Scratch = b.floats(k)
		w.args.Ld, w.args.NX = t.tile, 1
	}
	return t
}

func (t *oneToken) run(p *pool) error {
	for i, e := range t.rhs {
		if int(e) >= t.experts {
			return t.k.fault("rhs[%d] is expert %d, but there are %d experts", i, e, t.experts)
		}
	}
	if err := t.x.run(p); err != nil {
		return err
	}
	return p.do(t, (t.n+t.tile-1)/t.tile)
}

func (t *oneToken) chunk(worker, i int) {
	n0 := i * t.tile
	rows := min(t.tile, t.n-n0)
	w := &t.work[worker]
	acc, y := w.acc[:rows], w.y[:rows]
	clear(acc)
	w.args.Rows = rows
	for j, e := range t.rhs {
		w.args.Tile = t.mat.tile(&t.q, int(e), n0)
		w.args.Next = t.next(i, j)
		w.args.X[0] = t.x.row(j)
		w.args.Out = &y[0]
		t.q.Rows(&w.args)
		if t.k.mode == modeExact {
			simd.Round(y, t.k.t)
		}
		t.k.mode.accumulate(acc, y, simd.Load1(t.weights, j, t.k.t), t.k.t)
	}
	simd.Store(unsafe.Add(t.out, n0*t.k.t.Size()), acc, t.k.t)
}

// next is the tile read after that of expert j in chunk i.
func (t *oneToken) next(i, j int) simd.Tile {
	n0 := i * t.tile
	if j++; j == len(t.rhs) {
		n0, j = n0+t.tile, 0
	}
	if n0 >= t.n {
		return simd.Tile{}
	}
	return t.mat.tile(&t.q, int(t.rhs[j]), n0)
}
