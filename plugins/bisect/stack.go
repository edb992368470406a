package main

import (
	"fmt"

	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/kernels"
	"github.com/assay-bench/assay/plugins/internal/moe"
)

// stack is the model with one set of patches, over a number of tokens: what it
// computes at a position and the memory that it computes in.
type stack struct {
	*model
	cfg    Config
	tokens int
	block  *moe.Block

	buffers   kernels.Buffers
	ids       metal.Arg // [T] uint32: the tokens to read, then those that were chosen
	h         metal.Arg // [T,Hidden]: the residual stream
	normed    metal.Arg // [T,Hidden]: a block's input
	out       metal.Arg // [T,Hidden]: a block's output
	router    metal.Arg // [T,E]
	final     metal.Arg // [T,Hidden]: the head's input
	logits    metal.Arg // [T,V]
	extra     metal.Arg // [T,extraRows]: what a planted slowdown computes
	extraRows int
}

func newStack(m *model, cfg Config, tokens int) (*stack, error) {
	s := &stack{model: m, cfg: cfg, tokens: tokens, buffers: kernels.Buffers{Device: m.set.Device()}}
	block, err := moe.NewBlock(m.set, m.Resolved, tokens, moe.Form{
		Gating:      cfg.on(fusedGating, tokens),
		GateUp:      cfg.on(fusedGateUp, tokens),
		DownCombine: cfg.on(fusedDownCombine, tokens),
		Combine:     kernels.Mode(cfg.Combine),
	})
	if err != nil {
		return nil, err
	}
	s.block = block
	floats := func(n int) metal.Arg { return s.buffers.Floats(m.DType, tokens*n) }
	s.ids = s.buffers.Zeros(4 * tokens)
	s.h, s.normed, s.out, s.final = floats(m.Hidden), floats(m.Hidden), floats(m.Hidden), floats(m.Hidden)
	s.router, s.logits = floats(m.Experts), floats(m.vocab)
	if cfg.isPlanted(tokens) {
		s.extraRows = cfg.plantedRows(m.Resolved)
	}
	if s.extraRows > 0 {
		s.extra = floats(s.extraRows)
	}
	if err := s.buffers.Err(); err != nil {
		s.release()
		return nil, fmt.Errorf("memory for %d tokens: %w", tokens, err)
	}
	return s, nil
}

func (s *stack) release() {
	s.block.Release()
	s.buffers.Release()
}

// decode computes the next greedy token of every sequence: ids -> ids.
func (s *stack) decode(position int) ([]metal.Dispatch, error) {
	var q kernels.Sequence
	s.embed(&q, s.ids, position)
	s.run(&q, position)
	s.rmsNorm(&q, s.final)
	q.Add(s.set.QuantizedMatmul(kernels.QuantizedMatmul{X: s.final, Y: s.logits, W: s.head, M: s.tokens}))
	q.Add(s.set.Argmax(kernels.Argmax{X: s.logits, Index: s.ids, M: s.tokens, D: s.vocab, DType: s.DType}))
	return q.Done()
}

// prefill passes a prompt through all layers.
func (s *stack) prefill(prompt metal.Arg, position int) ([]metal.Dispatch, error) {
	var q kernels.Sequence
	s.embed(&q, prompt, position)
	s.run(&q, position)
	return q.Done()
}

// embed starts the residual stream: each token's embedding plus its position's
// vector. Token t takes the t-th position from the one given.
func (s *stack) embed(q *kernels.Sequence, ids metal.Arg, position int) {
	q.Add(s.set.Embedding(kernels.Embedding{IDs: ids, Y: s.normed, W: s.embedding, M: s.tokens}))
	q.Add(s.set.Add(kernels.Add{
		A: s.normed, B: kernels.Slice(s.position, position%positions, s.Hidden, s.DType.Size()),
		Y: s.h, N: s.tokens * s.Hidden, DType: s.DType,
	}))
}

// run passes the residual stream through all layers: h += moe(norm(h)).
func (s *stack) run(q *kernels.Sequence, position int) {
	for l := range s.layers {
		s.rmsNorm(q, s.normed)
		q.Add(s.set.QuantizedMatmul(kernels.QuantizedMatmul{X: s.normed, Y: s.router, W: s.routers[l], M: s.tokens}))
		q.Add(s.block.Dispatches(s.layers[l], s.io()))
		if s.extraRows > 0 {
			q.Add(s.plant(l, position))
		}
		q.Add(s.set.Add(kernels.Add{A: s.h, B: s.out, Y: s.h, N: s.tokens * s.Hidden, DType: s.DType}))
	}
}

func (s *stack) io() moe.IO { return moe.IO{X: s.normed, Logits: s.router, Out: s.out} }

func (s *stack) rmsNorm(q *kernels.Sequence, y metal.Arg) {
	q.Add(s.set.RMSNorm(kernels.RMSNorm{
		X: s.h, Weight: s.norm, Y: y, M: s.tokens, D: s.Hidden, Eps: float32(s.Eps), DType: s.DType,
	}))
}

// plant computes rows that nobody uses, from the layer's own experts and from
// others at each position, so that they cost what the experts' rows cost.
func (s *stack) plant(l, position int) ([]metal.Dispatch, error) {
	w := s.layers[l].Gate
	all := w.Experts * w.N
	start := position * s.extraRows % (all - s.extraRows + 1)
	w = w.Rows(start, s.extraRows)
	return s.set.QuantizedMatmul(kernels.QuantizedMatmul{X: s.normed, Y: s.extra, W: w, M: s.tokens})
}
