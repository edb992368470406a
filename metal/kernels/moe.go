package kernels

import (
	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/dtype"
	"github.com/assay-bench/assay/metal/quant"
)

// Mode is how a combine rounds Σ weight·value. It matters for token fidelity.
type Mode string

// The three modes.
const (
	FP32      Mode = "fp32"        // fused multiply-add in float32
	FP32NoFMA Mode = "fp32_no_fma" // product rounded to float32, then added
	Exact     Mode = "exact"       // product and sum each rounded to the activations' type
)

// Modes are all of them.
var Modes = [...]Mode{FP32, FP32NoFMA, Exact}

// Swiglu is y = silu(gate)·up over N elements.
type Swiglu struct {
	Gate, Up, Y metal.Arg
	N           int
	DType       dtype.DType
}

// Swiglu builds the op.
func (s *Set) Swiglu(a Swiglu) ([]metal.Dispatch, error) {
	c := swiglu.call(s, quant.Format{DType: a.DType}, CountParams{N: extent(a.N)})
	c.bind(a.Gate, a.Up, a.Y)
	return c.dispatch()
}

// TopKGating picks each token's experts: softmax over logits[Tokens,Experts] in
// float32, the TopK largest as indices[Tokens,TopK] with their probabilities as
// scores[Tokens,TopK], renormalised to sum 1 when Norm.
type TopKGating struct {
	Logits, Indices, Scores metal.Arg
	Tokens, Experts, TopK   int
	Norm                    bool
	DType                   dtype.DType
}

// TopKGating builds the op.
func (s *Set) TopKGating(a TopKGating) ([]metal.Dispatch, error) {
	p := GatingParams{M: extent(a.Tokens), Experts: extent(a.Experts), TopK: extent(a.TopK)}
	if a.Norm {
		p.Norm = 1
	}
	c := topKGating.call(s, quant.Format{DType: a.DType}, p)
	c.bind(a.Logits, a.Indices, a.Scores)
	return c.dispatch()
}

// MoECombine is out[t] = Σ_j scores[t,j]·y[t,j], with y[Tokens,TopK,D],
// scores[Tokens,TopK], out[Tokens,D].
type MoECombine struct {
	Y, Scores, Out  metal.Arg
	Tokens, TopK, D int
	Mode            Mode
	DType           dtype.DType
}

// MoECombine builds the op.
func (s *Set) MoECombine(a MoECombine) ([]metal.Dispatch, error) {
	c := moeCombine.call(s, quant.Format{DType: a.DType}, CombineParams{M: extent(a.Tokens), TopK: extent(a.TopK), D: extent(a.D)})
	c.rounded(a.Mode)
	c.bind(a.Y, a.Scores, a.Out)
	return c.dispatch()
}

// ProgressiveSwiglu (SLIME) is y[M,N] = silu(x·Gateᵀ)·(x·Upᵀ) in up to two
// passes. Pass 1 uses each code's high 2 bits; pass 2 adds the low ones where
// either projection's bound Σ|x|·|scale|·max_low exceeds Epsilon, and sets
// refined[M,N]. Epsilon 0 refines all, a negative one never. Threadgroup is the
// number of threads sharing one element, 0 for one thread each. 4 and 8 bits.
type ProgressiveSwiglu struct {
	X, Y, Refined metal.Arg
	Gate, Up      Weights // Experts 1
	M             int
	Epsilon       float32
	Threadgroup   int
}

// ProgressiveSwiglu builds the op.
func (s *Set) ProgressiveSwiglu(a ProgressiveSwiglu) ([]metal.Dispatch, error) {
	c := progressiveSwiglu.call(s, a.Gate.Format, SlimeParams{
		M: extent(a.M), N: extent(a.Gate.N), K: extent(a.Gate.K), Threadgroup: extent(a.Threadgroup), Epsilon: a.Epsilon,
	})
	c.bind(a.X)
	c.weights(&a.Gate)
	c.weights(&a.Up)
	c.bind(a.Y, a.Refined)
	return c.dispatch()
}
