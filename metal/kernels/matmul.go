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
	c := checker{op: "quantized_matmul"}
	c.size("M", a.M)
	c.weights("W", a.W, 1)
	c.in("X", a.X, a.W.DType.Size(), a.M, a.W.K)
	c.aligned("X", a.X, rowAlign)
	c.out("Y", a.Y, a.W.DType.Size(), a.M, a.W.N)
	if c.err != nil {
		return nil, c.err
	}
	p := MatmulParams{M: uint32(a.M), N: uint32(a.W.N), K: uint32(a.W.K)}
	return s.dispatchQuantized(c.op, a.W.Format(), gridQuantizedMatmul(s.kind, a.W.Format(), p), p.Bytes(),
		a.X, a.W.Packed, a.W.Scales, a.W.Biases, a.Y)
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
	c := checker{op: "gather_qmm"}
	c.weights("W", a.W, 0)
	c.gather(a.X, a.LHS, a.RHS, a.Y, a.W, a.Pairs, a.M, a.Rows)
	if c.err != nil {
		return nil, c.err
	}
	p := gatherParams(a.W, a.Pairs, a.M, a.Rows)
	return s.dispatchQuantized(c.op, a.W.Format(), gridGatherQMM(s.kind, a.W.Format(), p), p.Bytes(),
		a.X, a.W.Packed, a.W.Scales, a.W.Biases, a.LHS, a.RHS, a.Y)
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
	c := checker{op: "gather_qmm_swiglu"}
	c.pair(a.Gate, a.Up, 0)
	c.gather(a.X, a.LHS, a.RHS, a.Y, a.Gate, a.Pairs, a.M, a.Rows)
	if c.err != nil {
		return nil, c.err
	}
	p := gatherParams(a.Gate, a.Pairs, a.M, a.Rows)
	return s.dispatchQuantized(c.op, a.Gate.Format(), gridGatherQMMSwiglu(s.kind, a.Gate.Format(), p), p.Bytes(),
		a.X, a.Gate.Packed, a.Gate.Scales, a.Gate.Biases, a.Up.Packed, a.Up.Scales, a.Up.Biases, a.LHS, a.RHS, a.Y)
}

func (c *checker) gather(x, lhs, rhs, y metal.Arg, w Weights, pairs, m, rows int) {
	c.size("Pairs", pairs)
	c.size("M", m)
	c.size("Rows", rows)
	c.in("X", x, w.DType.Size(), rows, m, w.K)
	c.aligned("X", x, rowAlign)
	c.in("LHS", lhs, 4, pairs)
	c.in("RHS", rhs, 4, pairs)
	c.out("Y", y, w.DType.Size(), pairs, m, w.N)
}

func gatherParams(w Weights, pairs, m, rows int) GatherParams {
	return GatherParams{
		Pairs: uint32(pairs), M: uint32(m), N: uint32(w.N), K: uint32(w.K),
		Experts: uint32(w.Experts), Rows: uint32(rows),
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
	c := checker{op: "gather_qmm_combine"}
	c.mode(a.Mode)
	c.size("Tokens", a.Tokens)
	c.size("TopK", a.TopK)
	c.weights("Down", a.Down, 0)
	size := a.Down.DType.Size()
	c.in("H", a.H, size, a.Tokens, a.TopK, a.Down.K)
	c.aligned("H", a.H, rowAlign)
	c.in("RHS", a.RHS, 4, a.Tokens, a.TopK)
	c.in("Scores", a.Scores, size, a.Tokens, a.TopK)
	c.out("Out", a.Out, size, a.Tokens, a.Down.N)
	if a.Products.Buffer != nil {
		c.out("Products", a.Products, 4, a.Tokens, a.TopK, a.Down.N)
	}
	if c.err != nil {
		return nil, c.err
	}
	p := CombineParams{
		M: uint32(a.Tokens), TopK: uint32(a.TopK), D: uint32(a.Down.N), K: uint32(a.Down.K),
		Experts: uint32(a.Down.Experts),
	}
	if a.Products.Buffer != nil && s.ProductBytes(a.Down.Experts, a.Down.N, a.Tokens, a.TopK) > 0 {
		return s.combineGrouped(a, p)
	}
	return s.dispatchQuantized(c.op+"_"+string(a.Mode), a.Down.Format(), gridGatherQMMCombine(s.kind, p), p.Bytes(),
		a.H, a.Down.Packed, a.Down.Scales, a.Down.Biases, a.RHS, a.Scores, a.Out)
}

// combineGrouped projects expert by expert and then sums token by token.
func (s *Set) combineGrouped(a GatherQMMCombine, p CombineParams) ([]metal.Dispatch, error) {
	f, pairs := a.Down.Format(), a.Tokens*a.TopK
	g := gatherParams(a.Down, pairs, 1, pairs)
	project, err := s.dispatchQuantized("gather_qmm_combine_products", f, gridProducts(f, g), g.Bytes(),
		a.H, a.Down.Packed, a.Down.Scales, a.Down.Biases, a.RHS, a.Products)
	if err != nil {
		return nil, err
	}
	sum, err := s.dispatchQuantized("gather_qmm_combine_sum_"+string(a.Mode), f, gridMoECombine(s.kind, p), p.Bytes(),
		a.Products, a.RHS, a.Scores, a.Out)
	return append(project, sum...), err
}
