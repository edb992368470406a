package kernels

import (
	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/dtype"
	"github.com/assay-bench/assay/metal/quant"
)

// CacheAppend puts k and v [M,KV,D] of M tokens into the caches keys and values
// [KV,Stride,D], from position at[0] on.
type CacheAppend struct {
	K, V, At, Keys, Values metal.Arg
	M, KV, D, Stride       int
	DType                  dtype.DType
}

// CacheAppend builds the op.
func (s *Set) CacheAppend(a CacheAppend) ([]metal.Dispatch, error) {
	c := cacheAppend.call(s, quant.Format{DType: a.DType}, CacheParams{
		M: extent(a.M), KV: extent(a.KV), D: extent(a.D), Stride: extent(a.Stride),
	})
	c.bind(a.K, a.V, a.At, a.Keys, a.Values)
	return c.dispatch()
}

// RopeCache is Rope of q and k, with RMSNorm of their heads before it where there are
// weights, and CacheAppend, in one dispatch: y[M,H,D] is q at its positions.
type RopeCache struct {
	Q, K, V, QNorm, KNorm, At, Y, Keys, Values metal.Arg
	M, H, KV, D, Stride                        int
	Base, Scale, Eps                           float32
	DType                                      dtype.DType
}

// RopeCache builds the op.
func (s *Set) RopeCache(a RopeCache) ([]metal.Dispatch, error) {
	p := RopeCacheParams{
		M: extent(a.M), H: extent(a.H), KV: extent(a.KV), D: extent(a.D), Stride: extent(a.Stride), Norm: 1,
		Base: a.Base, Scale: a.Scale, Eps: a.Eps,
	}
	if a.QNorm.Buffer == nil && a.KNorm.Buffer == nil {
		p.Norm, a.QNorm, a.KNorm = 0, a.Q, a.K // which are not read
	}
	c := ropeCache.call(s, quant.Format{DType: a.DType}, p)
	c.bind(a.Q, a.K, a.V, a.QNorm, a.KNorm, a.At, a.Y, a.Keys, a.Values)
	return c.dispatch()
}

// SDPA is causal attention of M tokens, of which the first is at position at[0] and
// all are in the cache: out[m,h] = softmax(Scale·q[m,h]·Kᵀ)·V over the positions 0
// to at[0]+m of head h/(H/KV). q and out [M,H,D], keys and values [KV,Stride,D]. It is
// one kernel, or two for a single token where there is room for what lies between.
type SDPA struct {
	Q, Keys, Values, At, Out metal.Arg
	Parts, Sums              metal.Arg // scratch of SplitBytes; may be left out
	M, H, KV, D              int
	Stride                   int // positions of each head's cache
	Scale                    float32
	DType                    dtype.DType
}

// SplitBytes are the sizes of Parts and Sums with which the context of a single token
// is spread over the device; 0 if it would not use any.
func (s *Set) SplitBytes(h, d, stride int) (parts, sums int) {
	if s.kind.Native() {
		return 0, 0
	}
	n := 4 * h * splitsOf(stride)
	return n * d, n * 2
}

// SDPA builds the op.
func (s *Set) SDPA(a SDPA) ([]metal.Dispatch, error) {
	if a.M == 1 && a.Parts.Buffer != nil && !s.kind.Native() {
		return s.sdpaSplit(a)
	}
	c := sdpa.call(s, quant.Format{DType: a.DType}, SDPAParams{
		M: extent(a.M), H: extent(a.H), KV: extent(a.KV), D: extent(a.D), Stride: extent(a.Stride), Scale: a.Scale,
	})
	c.bind(a.Q, a.Keys, a.Values, a.At, a.Out)
	return c.dispatch()
}

func (s *Set) sdpaSplit(a SDPA) ([]metal.Dispatch, error) {
	f := quant.Format{DType: a.DType}
	p := SplitParams{
		H: extent(a.H), KV: extent(a.KV), D: extent(a.D), Stride: extent(a.Stride), Splits: extent(splitsOf(a.Stride)), Scale: a.Scale,
	}
	split := sdpaSplit.call(s, f, p)
	split.bind(a.Q, a.Keys, a.Values, a.At, a.Parts, a.Sums)
	first, err := split.dispatch()
	if err != nil {
		return nil, err
	}
	merge := sdpaMerge.call(s, f, p)
	merge.bind(a.Parts, a.Sums, a.Out)
	second, err := merge.dispatch()
	return append(first, second...), err
}

// Advance is next[0] = at[0] + Step, or First where that reaches End. Next may be At.
type Advance struct {
	At, Next         metal.Arg
	Step, First, End int
}

// Advance builds the op.
func (s *Set) Advance(a Advance) ([]metal.Dispatch, error) {
	c := advance.call(s, quant.Format{}, AdvanceParams{Step: extent(a.Step), First: extent(a.First), End: extent(a.End)})
	c.bind(a.At, a.Next)
	return c.dispatch()
}
