package cpu

import (
	"unsafe"

	"github.com/assay-bench/assay/metal/dtype"
	"github.com/assay-bench/assay/metal/kernels"
)

// blockBytes bounds the unrounded down projections kept between the two halves
// of a gather_qmm_combine of many tokens.
const blockBytes = 16 << 20

// bindGatherCombine binds the down projection with the weighted sum over each
// token's experts: block by block, projections grouped by expert into scratch
// memory, not rounded, then their sums. Long runs through each expert's rows
// are worth more than keeping the projections of a token in a core.
func bindGatherCombine(b *binder) task {
	p := params[kernels.CombineParams](b)
	m, top, n, k := int(p.M), int(p.TopK), int(p.D), int(p.K)
	rhs := b.indices("rhs")
	block := min(m, max(1, blockBytes/mul(top, n, 4)))
	g := b.gather([]matrix{b.matrix("w", n, k)}, n, k)
	g.x = b.prepare(g.q, b.at("h"), mul(m, top))
	y := b.floats(block, top, n)
	t := &tokens{
		gather: g, m: m, top: top, block: block, rhs: rhs,
		combine: b.combine(m, top, n, nil, dtype.F32),
	}
	if b.err != nil {
		return nil
	}
	t.y = unsafe.Pointer(unsafe.SliceData(y))
	t.weights, t.out = t.combine.weights, t.combine.out
	g.y, g.yType, t.combine.y = t.y, dtype.F32, t.y
	g.group = newGrouping(nil, rhs[:block*top], 1, int(p.Experts), 0)
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
