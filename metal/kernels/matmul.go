package kernels

import "github.com/assay-bench/assay/metal"

// QuantizedMatmul is y[M,N] = x[M,K] · Wᵀ, one matrix.
type QuantizedMatmul struct {
	X, Y metal.Arg
	W    Weights // Experts 1
	M    int
}

// QuantizedMatmul builds the op.
func (s *Set) QuantizedMatmul(a QuantizedMatmul) ([]metal.Dispatch, error) {
	c := quantizedMatmul.call(s, a.W.Format, MatmulParams{M: extent(a.M), N: extent(a.W.N), K: extent(a.W.K)})
	c.bind(a.X)
	c.weights(&a.W)
	c.bind(a.Y)
	return c.dispatch()
}

// GatherQMM is y[p] = x[lhs[p]] · W[rhs[p]]ᵀ for each of Pairs index pairs:
// x[Rows,M,K], lhs[Pairs], rhs[Pairs], y[Pairs,M,N].
type GatherQMM struct {
	X, LHS, RHS, Y metal.Arg
	W              Weights
	Pairs, M, Rows int
}

// GatherQMM builds the op.
func (s *Set) GatherQMM(a GatherQMM) ([]metal.Dispatch, error) {
	c := gatherQMM.call(s, a.W.Format, gatherParams(&a.W, a.Pairs, a.M, a.Rows))
	c.bind(a.X)
	c.weights(&a.W)
	c.bind(a.LHS, a.RHS, a.Y)
	return c.dispatch()
}

// GatherQMMSwiglu is y[p] = silu(x[lhs[p]]·Gate[rhs[p]]ᵀ) · (x[lhs[p]]·Up[rhs[p]]ᵀ)
// in one kernel: shapes as GatherQMM.
type GatherQMMSwiglu struct {
	X, LHS, RHS, Y metal.Arg
	Gate, Up       Weights
	Pairs, M, Rows int
}

// GatherQMMSwiglu builds the op.
func (s *Set) GatherQMMSwiglu(a GatherQMMSwiglu) ([]metal.Dispatch, error) {
	c := gatherQMMSwiglu.call(s, a.Gate.Format, gatherParams(&a.Gate, a.Pairs, a.M, a.Rows))
	c.bind(a.X)
	c.weights(&a.Gate)
	c.weights(&a.Up)
	c.bind(a.LHS, a.RHS, a.Y)
	return c.dispatch()
}

func gatherParams(w *Weights, pairs, m, rows int) GatherParams {
	return GatherParams{
		Pairs: extent(pairs), M: extent(m), N: extent(w.N), K: extent(w.K),
		Experts: extent(w.Experts), Rows: extent(rows),
	}
}

// GatherQMMCombine is the down projection and the weighted sum over experts:
// out[t] = Σ_j scores[t,j] · (h[t,j] · Down[rhs[t,j]]ᵀ), with h[Tokens,TopK,K],
// rhs[Tokens,TopK], scores[Tokens,TopK], out[Tokens,N]. It is one kernel, or
// two for a prompt where there is room for the projections between them.
type GatherQMMCombine struct {
	H, RHS, Scores, Out metal.Arg
	Products            metal.Arg // scratch of ProductBytes, float32 [Tokens,TopK,N]; may be left out
	Down                Weights
	Tokens, TopK        int
	Mode                Mode
}

// ProductBytes is the size of the scratch with which a GatherQMMCombine of N
// outputs and so many tokens reads each weight once for all of its expert's
// rows; 0 if it would not use any.
func (s *Set) ProductBytes(experts, n, tokens, topK int) int {
	if !grouped(s.kind, GatherParams{Pairs: uint32(tokens * topK), M: 1, Experts: uint32(experts)}) {
		return 0
	}
	return 4 * tokens * topK * n
}

// GatherQMMCombine builds the op.
func (s *Set) GatherQMMCombine(a GatherQMMCombine) ([]metal.Dispatch, error) {
	p := CombineParams{
		M: extent(a.Tokens), TopK: extent(a.TopK), D: extent(a.Down.N), K: extent(a.Down.K),
		Experts: extent(a.Down.Experts),
	}
	if a.Products.Buffer != nil && s.ProductBytes(a.Down.Experts, a.Down.N, a.Tokens, a.TopK) > 0 {
		return s.combineGrouped(a, p)
	}
	c := gatherQMMCombine.call(s, a.Down.Format, p)
	c.rounded(a.Mode)
	c.bind(a.H)
	c.weights(&a.Down)
	c.bind(a.RHS, a.Scores, a.Out)
	return c.dispatch()
}

// combineGrouped projects expert by expert and then sums token by token.
func (s *Set) combineGrouped(a GatherQMMCombine, p CombineParams) ([]metal.Dispatch, error) {
	pairs := a.Tokens * a.TopK
	sum := combineSum.call(s, a.Down.Format, p)
	sum.rounded(a.Mode)
	sum.bind(a.Products, a.RHS, a.Scores, a.Out)
	if sum.err != nil {
		return nil, sum.err
	}
	project := combineProducts.call(s, a.Down.Format, gatherParams(&a.Down, pairs, 1, pairs))
	project.bind(a.H)
	project.weights(&a.Down)
	project.bind(a.RHS, a.Products)
	first, err := project.dispatch()
	if err != nil {
		return nil, err
	}
	second, err := sum.dispatch()
	return append(first, second...), err
}
