package kernels

import (
	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/dtype"
	"github.com/assay-bench/assay/metal/quant"
)

// Softmax is y[M,D] = softmax of each row of x[M,D], in float32.
type Softmax struct {
	X, Y  metal.Arg
	M, D  int
	DType dtype.DType
}

// Softmax builds the op.
func (s *Set) Softmax(a Softmax) ([]metal.Dispatch, error) {
	c := softmax.call(s, quant.Format{DType: a.DType}, RowParams{M: extent(a.M), D: extent(a.D)})
	c.bind(a.X, a.Y)
	return c.dispatch()
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
	c := rmsNorm.call(s, quant.Format{DType: a.DType}, RowParams{M: extent(a.M), D: extent(a.D), Eps: a.Eps})
	c.bind(a.X, a.Weight, a.Y)
	return c.dispatch()
}

// AddRMSNorm is sum = x + residual and y = RMSNorm of sum, as it is stored: x and
// residual [M,D], weight[D], sum and y [M,D]. Sum may be X or Residual.
type AddRMSNorm struct {
	X, Residual, Weight, Sum, Y metal.Arg
	M, D                        int
	Eps                         float32
	DType                       dtype.DType
}

// AddRMSNorm builds the op.
func (s *Set) AddRMSNorm(a AddRMSNorm) ([]metal.Dispatch, error) {
	c := addRMSNorm.call(s, quant.Format{DType: a.DType}, RowParams{M: extent(a.M), D: extent(a.D), Eps: a.Eps})
	c.bind(a.X, a.Residual, a.Weight, a.Sum, a.Y)
	return c.dispatch()
}

// Rope rotates the halves of each head of x[M,H,D] by its position's angles:
// position Scale·(at[0]+m), frequency Base^(-2i/D) for pair (i, i+D/2).
type Rope struct {
	X, At, Y    metal.Arg
	M, H, D     int
	Base, Scale float32
	DType       dtype.DType
}

// Rope builds the op.
func (s *Set) Rope(a Rope) ([]metal.Dispatch, error) {
	c := rope.call(s, quant.Format{DType: a.DType}, RopeParams{
		M: extent(a.M), H: extent(a.H), D: extent(a.D), Base: a.Base, Scale: a.Scale,
	})
	c.bind(a.X, a.At, a.Y)
	return c.dispatch()
}

// Add is y = a + b over N elements.
type Add struct {
	A, B, Y metal.Arg
	N       int
	DType   dtype.DType
}

// Add builds the op.
func (s *Set) Add(a Add) ([]metal.Dispatch, error) {
	c := add.call(s, quant.Format{DType: a.DType}, CountParams{N: extent(a.N)})
	c.bind(a.A, a.B, a.Y)
	return c.dispatch()
}

// Embedding is y[m] = dequantized row ids[m] of the table W[V,D]: ids[M], y[M,D].
type Embedding struct {
	IDs, Y metal.Arg
	W      Weights // Experts 1, N the vocabulary, K the width D
	M      int
}

// Embedding builds the op.
func (s *Set) Embedding(a Embedding) ([]metal.Dispatch, error) {
	c := embedding.call(s, a.W.Format, RowParams{M: extent(a.M), D: extent(a.W.K)})
	c.bind(a.IDs)
	c.weights(&a.W)
	c.bind(a.Y)
	return c.dispatch()
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
	c := argmax.call(s, quant.Format{DType: a.DType}, RowParams{M: extent(a.M), D: extent(a.D)})
	c.bind(a.X, a.Index)
	return c.dispatch()
}
