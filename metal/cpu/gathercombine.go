package cpu

import (
	"unsafe"

	"github.com/assay-bench/assay/metal/dtype"
)

// blockBytes bounds the unrounded down projections kept between the two halves
// of a gather_qmm_combine of many tokens.
const blockBytes = 16 << 20

// bindGatherCombine binds the down projection with the weighted sum over each
// token's experts: block by block, projections grouped by expert into scratch
// memory, not rounded, then their sums. Long runs through each expert's rows
// are worth more than keeping the projections of a token in a core.
func bindGatherCombine(b *binder) task {
	p := ints(b.positive(7, 5, "M, TopK, D, K, Experts"))
	m, top, n, k, experts := p[0], p[1], p[2], p[3], p[4]
	h := b.elems(0, "h", m, top, k)
	mat := b.matrix(1, "down ", experts, n, k)
	rhs := b.indices(4, "rhs", m, top)
	if b.err != nil {
		return nil
	}
	block := min(m, max(1, blockBytes/mul(top, n, 4)))
	g := b.gather([]matrix{mat}, n, k)
	g.x = b.prepare(g.q, h, mul(m, top))
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
