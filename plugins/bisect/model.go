package main

import (
	"math"

	"github.com/assay-bench/assay/core/sdk"
	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/kernels"
	"github.com/assay-bench/assay/plugins/internal/moe"
)

// positions is how many positions a rotation goes through. Greedy decoding
// without attention would soon repeat itself; a vector that is added at each
// position keeps tokens and experts changing.
const positions = 32

// Streams of the matrices beside the experts.
const (
	streamEmbedding = iota + 1<<32
	streamHead
	streamRouter // one per layer from here on
)

// model is everything that a patched and an unpatched stack share.
type model struct {
	moe.Resolved
	vocab           int
	layers          []moe.Layer
	routers         []kernels.Weights // [1,E,Hidden]
	embedding, head kernels.Weights   // [1,V,Hidden]
	norm            metal.Arg         // [Hidden], ones
	position        metal.Arg         // [positions+most tokens,Hidden], repeating after positions rows
	set             *kernels.Set
}

func newModel(req sdk.Request[Config], r moe.Resolved, set *kernels.Set, lease *kernels.Lease, buffers *kernels.Buffers) (*model, error) {
	m := &model{Resolved: r, vocab: req.Config.Vocab, set: set}
	if m.vocab == 0 {
		m.vocab = r.Vocab
	}
	var err error
	if m.layers, err = moe.Layers(lease, r, req.Seed, true); err != nil {
		return nil, err
	}
	matrix := func(rows int, stream uint64, scale float64) (w kernels.Weights) {
		if err == nil {
			w, err = lease.Weights(r.Format, 1, rows, r.Hidden, req.Seed, stream, scale)
		}
		return w
	}
	// An embedding is a row, not a sum over one: √Hidden makes its elements of unit size.
	m.embedding = matrix(m.vocab, streamEmbedding, math.Sqrt(float64(r.Hidden)))
	m.head = matrix(m.vocab, streamHead, 1)
	for l := range r.Layers {
		m.routers = append(m.routers, matrix(r.Experts, streamRouter+uint64(l), 1))
	}
	if err != nil {
		return nil, err
	}
	ones := make([]float32, r.Hidden)
	for i := range ones {
		ones[i] = 1
	}
	m.norm = buffers.Upload(r.DType, ones)
	once := kernels.Normal(req.RNG("position"), positions*r.Hidden)
	rows := positions + max(req.Config.Tokens, req.Config.PromptTokens)
	table := make([]float32, 0, rows*r.Hidden)
	for row := range rows {
		at := row % positions * r.Hidden
		table = append(table, once[at:at+r.Hidden]...)
	}
	m.position = buffers.Upload(r.DType, table)
	return m, buffers.Err()
}

// bytes that one decode pass of so many tokens must move at least: the weights
// of the experts that tokens choose, counted once per token up to all of them,
// routers and head.
func (m *model) bytes(tokens int, head bool) int64 {
	experts := min(tokens*m.TopK, m.Experts)
	n := int64(m.Layers) * (int64(experts)*m.ExpertBytes(0, true) + m.SharedBytes(0) + int64(m.Experts*m.RowBytes(m.Hidden)))
	if head {
		n += int64(m.vocab * m.RowBytes(m.Hidden))
	}
	return n
}
