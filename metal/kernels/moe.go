package kernels

import (
	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/dtype"
)

// Mode is how a combine rounds Σ weight·value. It matters for token fidelity.
type Mode string

// The three modes.
const (
	FP32      Mode = "fp32"        // fused multiply-add in float32
	FP32NoFMA Mode = "fp32_no_fma" // product rounded to float32, then added
	Exact     Mode = "exact"       // product and sum each rounded to the activations' type
)

// Swiglu is y = silu(gate)·up over N elements.
type Swiglu struct {
	Gate, Up, Y metal.Arg
	N           int
	DType       dtype.DType
}

// Swiglu builds the op.
func (s *Set) Swiglu(a Swiglu) ([]metal.Dispatch, error) {
	c := checker{op: "swiglu"}
	c.dtype(a.DType)
	c.size("N", a.N)
	c.in("Gate", a.Gate, a.DType.Size(), a.N)
	c.in("Up", a.Up, a.DType.Size(), a.N)
	c.out("Y", a.Y, a.DType.Size(), a.N)
	if c.err != nil {
		return nil, c.err
	}
	p := CountParams{N: uint32(a.N)}
	return s.dispatch(specialization{op: c.op, dt: a.DType}, gridElementwise(s.kind, p), p.Bytes(), a.Gate, a.Up, a.Y)
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
	c := checker{op: "topk_gating"}
	c.dtype(a.DType)
	c.size("Tokens", a.Tokens)
	c.size("Experts", a.Experts)
	c.size("TopK", a.TopK)
	if a.TopK > a.Experts {
		c.failf("TopK %d of %d experts", a.TopK, a.Experts)
	}
	c.in("Logits", a.Logits, a.DType.Size(), a.Tokens, a.Experts)
	c.out("Indices", a.Indices, 4, a.Tokens, a.TopK)
	c.out("Scores", a.Scores, a.DType.Size(), a.Tokens, a.TopK)
	if c.err != nil {
		return nil, c.err
	}
	p := GatingParams{M: uint32(a.Tokens), Experts: uint32(a.Experts), TopK: uint32(a.TopK)}
	if a.Norm {
		p.Norm = 1
	}
	return s.dispatch(specialization{op: c.op, dt: a.DType}, gridTopKGating(s.kind, p), p.Bytes(), a.Logits, a.Indices, a.Scores)
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
	c := checker{op: "moe_combine"}
	c.dtype(a.DType)
	c.mode(a.Mode)
	c.size("Tokens", a.Tokens)
	c.size("TopK", a.TopK)
	c.size("D", a.D)
	c.in("Y", a.Y, a.DType.Size(), a.Tokens, a.TopK, a.D)
	c.in("Scores", a.Scores, a.DType.Size(), a.Tokens, a.TopK)
	c.out("Out", a.Out, a.DType.Size(), a.Tokens, a.D)
	if c.err != nil {
		return nil, c.err
	}
	p := CombineParams{M: uint32(a.Tokens), TopK: uint32(a.TopK), D: uint32(a.D)}
	return s.dispatch(specialization{op: c.op + "_" + string(a.Mode), dt: a.DType}, gridMoECombine(s.kind, p), p.Bytes(),
		a.Y, a.Scores, a.Out)
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
	c := checker{op: "progressive_swiglu"}
	c.pair(a.Gate, a.Up, 1)
	c.size("M", a.M)
	if a.Gate.Bits != 4 && a.Gate.Bits != 8 {
		c.failf("%d-bit weights have no high and low part here, want 4 or 8 bits", a.Gate.Bits)
	}
	if a.Epsilon != a.Epsilon {
		c.failf("Epsilon is NaN")
	}
	if t := a.Threadgroup; t < 0 || t > 1024 || t&(t-1) != 0 {
		c.failf("Threadgroup %d, want 0 or a power of two up to 1024", t)
	}
	c.in("X", a.X, a.Gate.DType.Size(), a.M, a.Gate.K)
	c.aligned("X", a.X, rowAlign)
	c.out("Y", a.Y, a.Gate.DType.Size(), a.M, a.Gate.N)
	c.out("Refined", a.Refined, 4, a.M, a.Gate.N)
	if c.err != nil {
		return nil, c.err
	}
	p := SlimeParams{
		M: uint32(a.M), N: uint32(a.Gate.N), K: uint32(a.Gate.K),
		Threadgroup: uint32(a.Threadgroup), Epsilon: a.Epsilon,
	}
	return s.dispatchQuantized(c.op, a.Gate.Format(), gridProgressiveSwiglu(s.kind, p), p.Bytes(),
		a.X, a.Gate.Packed, a.Gate.Scales, a.Gate.Biases, a.Up.Packed, a.Up.Scales, a.Up.Biases, a.Y, a.Refined)
}
