package moe

import (
	"fmt"

	"github.com/assay-bench/assay/core/sdk"
	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/kernels"
)

// Form says which parts of a block are fused, and how the combine rounds.
type Form struct {
	Gating      bool // softmax and top-k in one dispatch
	GateUp      bool // gate, up and SwiGLU in one dispatch
	DownCombine bool // down projection and combine in one op: one dispatch, two for a prompt on a GPU
	Combine     kernels.Mode
}

// Block builds one layer's MoE block over a number of tokens. Its scratch is
// shared by all layers and iterations that it builds.
type Block struct {
	Resolved
	Form
	Tokens int

	set     *kernels.Set
	buffers kernels.Buffers

	// Scratch. Pairs (token, j) are numbered token·TopK+j.
	probs, scores  metal.Arg // [T,E], [T,k]
	gate, up, h    metal.Arg // [T·k, Inter]
	down           metal.Arg // [T,k, Hidden]
	products       metal.Arg // [T,k, Hidden] in float32, where a fused down projection of a prompt wants it
	tokenOf, pairs metal.Arg // lhs indices: pair -> token, pair -> pair
	indices        metal.Arg // [T,k] chosen experts
	sharedGate     metal.Arg // [T, Shared·Inter], as the next two
	sharedUp       metal.Arg
	sharedH        metal.Arg
	sharedOut      metal.Arg // [T, Hidden]
	routed         metal.Arg // [T, Hidden], the combine's output where a shared expert follows
}

// NewBlock allocates the scratch for one form of the block.
func NewBlock(set *kernels.Set, r Resolved, tokens int, form Form) (*Block, error) {
	b := &Block{Resolved: r, Form: form, Tokens: tokens, set: set, buffers: kernels.Buffers{Device: set.Device()}}
	pairs := tokens * r.TopK
	floats := func(n int) metal.Arg { return b.buffers.Floats(r.DType, n) }
	b.scores = floats(pairs)
	b.indices = b.buffers.Zeros(4 * pairs)
	b.h = floats(pairs * r.Inter)
	b.tokenOf = b.buffers.Indices(sequence(pairs, func(i int) int { return i / r.TopK }))
	if !form.Gating {
		b.probs = floats(tokens * r.Experts)
	}
	if !form.GateUp {
		b.gate, b.up = floats(pairs*r.Inter), floats(pairs*r.Inter)
	}
	if n := set.ProductBytes(r.Experts, r.Hidden, tokens, r.TopK); form.DownCombine && n > 0 {
		b.products = b.buffers.Zeros(n)
	}
	if !form.DownCombine {
		b.down = floats(pairs * r.Hidden)
		b.pairs = b.buffers.Indices(sequence(pairs, func(i int) int { return i }))
	}
	if n := r.Shared * r.Inter; n > 0 {
		b.sharedGate, b.sharedUp, b.sharedH = floats(tokens*n), floats(tokens*n), floats(tokens*n)
		b.sharedOut, b.routed = floats(tokens*r.Hidden), floats(tokens*r.Hidden)
	}
	if err := b.buffers.Err(); err != nil {
		b.buffers.Release()
		return nil, fmt.Errorf("scratch for %d tokens: %w", tokens, err)
	}
	return b, nil
}

// Outputs are the numbers that checks read and timing must have written.
func (b *Block) Outputs() []metal.Arg {
	out := []metal.Arg{b.h}
	for _, a := range []metal.Arg{b.down, b.routed} {
		if a.Buffer != nil {
			out = append(out, a)
		}
	}
	return out
}

// Numbers stand for what gate, up and SwiGLU gave, or with down the uncombined down
// projection. Two engines that round at other places are within the tolerance.
func (b *Block) Numbers(down bool, seed uint64) (sdk.Numbers, error) {
	of, n := b.h, b.Tokens*b.TopK*b.Inter
	if down {
		of, n = b.down, b.Tokens*b.TopK*b.Hidden
	}
	values, err := kernels.Download(of, b.DType, n)
	return sdk.Numbers{Values: Sketch(seed, values), Tolerance: b.tolerance()}, err
}

// Release frees the scratch.
func (b *Block) Release() { b.buffers.Release() }

// IO is where one layer reads and writes: x[T,Hidden], router logits[T,E],
// out[T,Hidden], all of the activations' type.
type IO struct{ X, Logits, Out metal.Arg }

// Dispatches computes the block: gating, experts, combine and, where the model
// has one, the shared expert.
func (b *Block) Dispatches(l Layer, io IO) ([]metal.Dispatch, error) {
	out := io.Out
	if b.Shared > 0 {
		out = b.routed
	}
	var s kernels.Sequence
	s.Add(b.GatingOps(io.Logits))
	s.Add(b.GateUpOps(l, io.X, b.indices))
	s.Add(b.DownCombineOps(l, out))
	if b.Shared > 0 {
		s.Add(b.sharedOps(l, io))
	}
	return s.Done()
}

// GatingOps choose the experts. The separate form runs the softmax as a
// dispatch of its own, as MLX does; there is no bare top-k among the kernels, so
// its selection starts from the logits and takes their softmax once more, some
// hundred exponentials.
func (b *Block) GatingOps(logits metal.Arg) ([]metal.Dispatch, error) {
	var s kernels.Sequence
	if !b.Gating {
		s.Add(b.set.Softmax(kernels.Softmax{X: logits, Y: b.probs, M: b.Tokens, D: b.Experts, DType: b.DType}))
	}
	s.Add(b.set.TopKGating(kernels.TopKGating{
		Logits: logits, Indices: b.indices, Scores: b.scores,
		Tokens: b.Tokens, Experts: b.Experts, TopK: b.TopK, Norm: true, DType: b.DType,
	}))
	return s.Done()
}

// GateUpOps compute h = silu(x·Gateᵀ)·(x·Upᵀ) for each pair of a token and one
// of its experts.
func (b *Block) GateUpOps(l Layer, x, experts metal.Arg) ([]metal.Dispatch, error) {
	pairs := b.Tokens * b.TopK
	if b.GateUp {
		return b.set.GatherQMMSwiglu(kernels.GatherQMMSwiglu{
			X: x, LHS: b.tokenOf, RHS: experts, Y: b.h, Gate: l.Gate, Up: l.Up, Pairs: pairs, M: 1, Rows: b.Tokens,
		})
	}
	var s kernels.Sequence
	project := func(w kernels.Weights, y metal.Arg) {
		s.Add(b.set.GatherQMM(kernels.GatherQMM{X: x, LHS: b.tokenOf, RHS: experts, Y: y, W: w, Pairs: pairs, M: 1, Rows: b.Tokens}))
	}
	project(l.Gate, b.gate)
	project(l.Up, b.up)
	s.Add(b.set.Swiglu(kernels.Swiglu{Gate: b.gate, Up: b.up, Y: b.h, N: pairs * b.Inter, DType: b.DType}))
	return s.Done()
}

// DownOps project each pair's h back to the hidden size, without combining.
func (b *Block) DownOps(l Layer, experts metal.Arg) ([]metal.Dispatch, error) {
	pairs := b.Tokens * b.TopK
	return b.set.GatherQMM(kernels.GatherQMM{
		X: b.h, LHS: b.pairs, RHS: experts, Y: b.down, W: l.Down, Pairs: pairs, M: 1, Rows: pairs,
	})
}

// DownCombineOps are the down projection and the weighted sum over experts.
func (b *Block) DownCombineOps(l Layer, out metal.Arg) ([]metal.Dispatch, error) {
	if b.DownCombine {
		return b.set.GatherQMMCombine(kernels.GatherQMMCombine{
			H: b.h, RHS: b.indices, Scores: b.scores, Out: out, Products: b.products,
			Down: l.Down, Tokens: b.Tokens, TopK: b.TopK, Mode: b.Combine,
		})
	}
	var s kernels.Sequence
	s.Add(b.DownOps(l, b.indices))
	s.Add(b.set.MoECombine(kernels.MoECombine{
		Y: b.down, Scores: b.scores, Out: out, Tokens: b.Tokens, TopK: b.TopK, D: b.Hidden, Mode: b.Combine, DType: b.DType,
	}))
	return s.Done()
}

// sharedOps add the shared expert's FFN to the combine's output.
func (b *Block) sharedOps(l Layer, io IO) ([]metal.Dispatch, error) {
	var s kernels.Sequence
	matmul := func(x metal.Arg, w kernels.Weights, y metal.Arg) {
		s.Add(b.set.QuantizedMatmul(kernels.QuantizedMatmul{X: x, Y: y, W: w, M: b.Tokens}))
	}
	matmul(io.X, l.SharedGate, b.sharedGate)
	matmul(io.X, l.SharedUp, b.sharedUp)
	s.Add(b.set.Swiglu(kernels.Swiglu{
		Gate: b.sharedGate, Up: b.sharedUp, Y: b.sharedH, N: b.Tokens * b.Shared * b.Inter, DType: b.DType,
	}))
	matmul(b.sharedH, l.SharedDown, b.sharedOut)
	s.Add(b.set.Add(kernels.Add{A: b.routed, B: b.sharedOut, Y: io.Out, N: b.Tokens * b.Hidden, DType: b.DType}))
	return s.Done()
}

// Bytes that the block must move for one selection in a layer: the weights of the
// experts that are touched, the input and the output. It is the same for every form,
// so that effective bandwidths can be compared.
func (b *Block) Bytes(layer int, s Selection, down bool) int64 {
	n := int64(s.Distinct()) * b.ExpertBytes(layer, down)
	n += int64(b.Tokens) * int64(b.Hidden) * int64(b.DType.Size()) // x
	if down {
		n += b.SharedBytes(layer) + int64(b.Tokens)*int64(b.Hidden)*int64(b.DType.Size())
	} else {
		n += int64(b.Tokens) * int64(b.TopK*b.Inter) * int64(b.DType.Size())
	}
	return n
}
