package kernels

import (
	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/dtype"
)

// Softmax is y[M,D] = softmax of each row of x[M,D], in float32.
type Softmax struct {
	X, Y  metal.Arg
	M, D  int
	DType dtype.DType
}

// Softmax builds the op.
func (s *Set) Softmax(a Softmax) ([]metal.Dispatch, error) {
	c := checker{op: "softmax"}
	p := c.rows(a.DType, a.M, a.D)
	c.in("X", a.X, a.DType.Size(), a.M, a.D)
	c.out("Y", a.Y, a.DType.Size(), a.M, a.D)
	if c.err != nil {
		return nil, c.err
	}
	return s.dispatch(specialization{op: c.op, dt: a.DType}, gridRows(s.kind, p), p.Bytes(), a.X, a.Y)
}

func (c *checker) rows(dt dtype.DType, m, d int) RowParams {
	c.dtype(dt)
	c.size("M", m)
	c.size("D", d)
	return RowParams{M: uint32(m), D: uint32(d)}
}

// RMSNorm is y = x/√(mean(x²)+Eps)·weight of each row: x[M,D], weight[D], y[M,D].
type RMSNorm struct {
	X, Weight, Y metal.Arg
	M, D         int
	Eps          float32
	DType        dtype.DType
}

// RMSNorm builds the op.
func (s *Set) RMSNorm(a RMSNorm) ([]metal.Dispatch, error) {
	c := checker{op: "rms_norm"}
	p := c.rows(a.DType, a.M, a.D)
	p.Eps = a.Eps
	c.in("X", a.X, a.DType.Size(), a.M, a.D)
	c.in("Weight", a.Weight, a.DType.Size(), a.D)
	c.out("Y", a.Y, a.DType.Size(), a.M, a.D)
	if c.err != nil {
		return nil, c.err
	}
	return s.dispatch(specialization{op: c.op, dt: a.DType}, gridRows(s.kind, p), p.Bytes(), a.X, a.Weight, a.Y)
}

// Rope rotates the halves of each head of x[H,L,D] by its position's angles:
// position Scale·(Offset+l), frequency Base^(-2i/D) for pair (i, i+D/2).
type Rope struct {
	X, Y            metal.Arg
	H, L, D, Offset int
	Base, Scale     float32
	DType           dtype.DType
}

// Rope builds the op.
func (s *Set) Rope(a Rope) ([]metal.Dispatch, error) {
	c := checker{op: "rope"}
	c.dtype(a.DType)
	c.size("H", a.H)
	c.size("L", a.L)
	c.size("D", a.D)
	if a.D%2 != 0 {
		c.failf("D %d is odd: there are no two halves to rotate", a.D)
	}
	if a.Offset < 0 || a.Offset > 1<<30 {
		c.failf("Offset %d, want 0 to %d", a.Offset, 1<<30)
	}
	if !(a.Base > 0) {
		c.failf("Base %g, want a positive number", a.Base)
	}
	c.in("X", a.X, a.DType.Size(), a.H, a.L, a.D)
	c.out("Y", a.Y, a.DType.Size(), a.H, a.L, a.D)
	if c.err != nil {
		return nil, c.err
	}
	p := RopeParams{
		H: uint32(a.H), L: uint32(a.L), D: uint32(a.D), Offset: uint32(a.Offset),
		Base: a.Base, Scale: a.Scale,
	}
	return s.dispatch(specialization{op: c.op, dt: a.DType}, gridRope(s.kind, p), p.Bytes(), a.X, a.Y)
}

// SDPA is attention of one query token: out[h] = softmax(Scale·q[h]·Kᵀ)·V with
// the cache of head h/(H/KV). q[H,D], k and v [KV,KVStride,D] of which the
// first L positions count, out[H,D].
type SDPA struct {
	Q, K, V, Out metal.Arg
	H, KV, L, D  int
	KVStride     int // allocated positions per head, at least L
	Scale        float32
	DType        dtype.DType
}

// maxHead is what one simdgroup of the kernel holds of a head in registers.
const maxHead = 256

// SDPA builds the op.
func (s *Set) SDPA(a SDPA) ([]metal.Dispatch, error) {
	c := checker{op: "sdpa"}
	c.dtype(a.DType)
	for _, v := range []struct {
		name string
		v    int
	}{{"H", a.H}, {"KV", a.KV}, {"L", a.L}, {"D", a.D}, {"KVStride", a.KVStride}} {
		c.size(v.name, v.v)
	}
	if c.err == nil && a.H%a.KV != 0 {
		c.failf("%d query heads do not divide among %d KV heads", a.H, a.KV)
	}
	if a.KVStride < a.L {
		c.failf("KVStride %d is below the %d positions in use", a.KVStride, a.L)
	}
	if a.D > maxHead {
		c.failf("D %d, heads have at most %d dimensions", a.D, maxHead)
	}
	size := a.DType.Size()
	c.in("Q", a.Q, size, a.H, a.D)
	c.in("K", a.K, size, (a.KV-1)*a.KVStride+a.L, a.D)
	c.in("V", a.V, size, (a.KV-1)*a.KVStride+a.L, a.D)
	c.out("Out", a.Out, size, a.H, a.D)
	if c.err != nil {
		return nil, c.err
	}
	p := SDPAParams{
		H: uint32(a.H), KV: uint32(a.KV), L: uint32(a.L), D: uint32(a.D),
		KVStride: uint32(a.KVStride), Scale: a.Scale,
	}
	return s.dispatch(specialization{op: c.op, dt: a.DType}, gridSDPA(s.kind, p), p.Bytes(), a.Q, a.K, a.V, a.Out)
}

// Add is y = a + b over N elements.
type Add struct {
	A, B, Y metal.Arg
	N       int
	DType   dtype.DType
}

// Add builds the op.
func (s *Set) Add(a Add) ([]metal.Dispatch, error) {
	c := checker{op: "add"}
	c.dtype(a.DType)
	c.size("N", a.N)
	c.in("A", a.A, a.DType.Size(), a.N)
	c.in("B", a.B, a.DType.Size(), a.N)
	c.out("Y", a.Y, a.DType.Size(), a.N)
	if c.err != nil {
		return nil, c.err
	}
	p := CountParams{N: uint32(a.N)}
	return s.dispatch(specialization{op: c.op, dt: a.DType}, gridElementwise(s.kind, p), p.Bytes(), a.A, a.B, a.Y)
}

// Embedding is y[m] = dequantized row ids[m] of the table W[V,D]: ids[M], y[M,D].
type Embedding struct {
	IDs, Y metal.Arg
	W      Weights // Experts 1, N the vocabulary, K the width D
	M      int
}

// Embedding builds the op.
func (s *Set) Embedding(a Embedding) ([]metal.Dispatch, error) {
	c := checker{op: "embedding"}
	c.weights("W", a.W, 1)
	p := c.rows(a.W.DType, a.M, a.W.K)
	c.in("IDs", a.IDs, 4, a.M)
	c.out("Y", a.Y, a.W.DType.Size(), a.M, a.W.K)
	if c.err != nil {
		return nil, c.err
	}
	return s.dispatchQuantized(c.op, a.W.Format(), gridEmbedding(s.kind, p), p.Bytes(),
		a.IDs, a.W.Packed, a.W.Scales, a.W.Biases, a.Y)
}

// Argmax is the index of each row's largest element, the first of equals:
// x[M,D], index[M].
type Argmax struct {
	X, Index metal.Arg
	M, D     int
	DType    dtype.DType
}

// Argmax builds the op.
func (s *Set) Argmax(a Argmax) ([]metal.Dispatch, error) {
	c := checker{op: "argmax"}
	p := c.rows(a.DType, a.M, a.D)
	c.in("X", a.X, a.DType.Size(), a.M, a.D)
	c.out("Index", a.Index, 4, a.M)
	if c.err != nil {
		return nil, c.err
	}
	return s.dispatch(specialization{op: c.op, dt: a.DType}, gridRows(s.kind, p), p.Bytes(), a.X, a.Index)
}
