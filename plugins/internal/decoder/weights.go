package decoder

import (
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"strings"

	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/dtype"
	"github.com/assay-bench/assay/metal/kernels"
	"github.com/assay-bench/assay/metal/quant"
	"github.com/assay-bench/assay/plugins/internal/moe"
)

// Weights are a model's on a device. Matrices are W[rows,columns], one expert each.
type Weights struct {
	Model
	Layers          []Layer
	Embedding, Head kernels.Weights // [Vocab,Hidden]
	Norm            metal.Arg       // [Hidden], of the last norm
}

// Layer is one layer's.
type Layer struct {
	Before, Between metal.Arg       // [Hidden], norms of attention's input and of the FFN's
	QNorm, KNorm    metal.Arg       // [HeadDim]
	QKV             kernels.Weights // Q, K and V in one; without rows where they are not stored so
	Q, K, V         kernels.Weights // [Heads·HeadDim,Hidden], [KV·HeadDim,Hidden] twice
	O               kernels.Weights // [Hidden,Heads·HeadDim]

	Router  kernels.Weights // [experts,Hidden], of a layer with experts
	Experts moe.Layer

	Gate, Up, Down kernels.Weights // of a layer without: [Inner,Hidden] twice, [Hidden,Inner]
}

// routerFormat is what mlx-lm gives routers, whatever the other weights have.
func routerFormat(t dtype.DType) quant.Format { return quant.Format{Bits: 8, Group: 64, DType: t} }

// maker collects weights; the first failure is kept.
type maker struct {
	m       Model
	seed    uint64
	lease   *kernels.Lease
	buffers *kernels.Buffers
	c       *quant.Checkpoint // nil: weights are drawn
	err     error
}

// NewWeights takes a model's matrices from lease, and makes its norms. Those that are
// drawn are functions of the seed and of their names alone.
func NewWeights(lease *kernels.Lease, buffers *kernels.Buffers, m Model, seed uint64) (*Weights, error) {
	k := &maker{m: m, seed: seed, lease: lease, buffers: buffers}
	w := &Weights{Model: m, Layers: make([]Layer, m.Layers)}
	if m.folder != "" {
		if k.c, k.err = quant.OpenCheckpoint(m.folder); k.err != nil {
			return nil, moe.Unusable(k.err)
		}
		defer k.c.Close()
	}
	// An embedding is a row, not a sum over one: √Hidden makes its elements of unit size.
	w.Embedding = k.matrix("model.embed_tokens", m.Format, m.Vocab, m.Hidden, math.Sqrt(float64(m.Hidden)))
	if w.Head = w.Embedding; !m.Tied {
		w.Head = k.matrix("lm_head", m.Format, m.Vocab, m.Hidden, 1)
	}
	w.Norm = k.norm("model.norm", m.Hidden)
	var experts []moe.Layer
	if m.Experts != nil && k.err == nil {
		experts, k.err = moe.Layers(lease, *m.Experts, seed, true)
	}
	for l := range w.Layers {
		w.Layers[l] = k.layer(l)
		if k.err == nil && m.sparse(l) {
			w.Layers[l].Experts, experts = experts[0], experts[1:]
		}
	}
	if k.err == nil {
		k.err = buffers.Err()
	}
	return w, k.err
}

func (k *maker) layer(number int) (l Layer) {
	m, at := k.m, layerPrefix(number)
	l.Before, l.Between = k.norm(at+"input_layernorm", m.Hidden), k.norm(at+"post_attention_layernorm", m.Hidden)
	if m.QKNorm {
		l.QNorm, l.KNorm = k.norm(at+"self_attn.q_norm", m.HeadDim), k.norm(at+"self_attn.k_norm", m.HeadDim)
	}
	k.qkv(&l, at+"self_attn.")
	l.O = k.matrix(at+"self_attn.o_proj", m.Format, m.Hidden, m.Heads*m.HeadDim, 1)
	if m.sparse(number) {
		router := m.family.router
		if k.c == nil {
			router = "mlp.gate"
		}
		l.Router = k.matrix(at+router, routerFormat(m.DType), m.Experts.Experts, m.Hidden, 1)
		return l
	}
	l.Gate = k.matrix(at+"mlp.gate_proj", m.Format, m.Inner, m.Hidden, 1)
	l.Up = k.matrix(at+"mlp.up_proj", m.Format, m.Inner, m.Hidden, 1)
	l.Down = k.matrix(at+"mlp.down_proj", m.Format, m.Hidden, m.Inner, 1)
	return l
}

// qkv puts queries, keys and values one after the other, where they have one format.
func (k *maker) qkv(l *Layer, at string) {
	m := k.m
	heads, kv := m.Heads*m.HeadDim, m.KV*m.HeadDim
	switch {
	case k.err != nil:
		return
	case k.c == nil:
		l.QKV = k.matrix(at+"qkv_proj", m.Format, heads+2*kv, m.Hidden, 1)
	case !k.oneFormat(at+"q_proj", at+"k_proj", at+"v_proj"):
		l.Q = k.matrix(at+"q_proj", m.Format, heads, m.Hidden, 1)
		l.K, l.V = k.matrix(at+"k_proj", m.Format, kv, m.Hidden, 1), k.matrix(at+"v_proj", m.Format, kv, m.Hidden, 1)
		return
	default:
		l.QKV = k.read(heads+2*kv, m.Hidden, at+"q_proj", at+"k_proj", at+"v_proj")
	}
	if k.err == nil {
		l.Q, l.K, l.V = l.QKV.Rows(0, heads), l.QKV.Rows(heads, kv), l.QKV.Rows(heads+kv, kv)
	}
}

// matrix is drawn in a format, or read in its own.
func (k *maker) matrix(name string, f quant.Format, n, columns int, scale float64) (w kernels.Weights) {
	switch {
	case k.err != nil:
	case k.c != nil:
		w = k.read(n, columns, name)
	default:
		w, k.err = k.lease.Weights(f, 1, n, columns, k.seed, streamOf(name), scale)
	}
	return w
}

// oneFormat says whether matrices are stored alike.
func (k *maker) oneFormat(names ...string) bool {
	first, err := k.c.Stored(names[0])
	for _, name := range names[1:] {
		s, failed := k.c.Stored(name)
		if err != nil || failed != nil || s.Format != first.Format {
			return false
		}
	}
	return true
}

// stack names matrices of a checkpoint that lie one after the other.
type stack struct{ folder, names string }

// read takes the rows of some matrices of a checkpoint.
func (k *maker) read(n, columns int, names ...string) (w kernels.Weights) {
	w, k.err = k.lease.Take(stack{k.m.folder, strings.Join(names, " ")}, func(dev metal.Device) (kernels.Weights, error) {
		all := &quant.Tensor{Experts: 1, K: columns}
		for _, name := range names {
			t, err := k.c.Tensor(name, 1)
			if err != nil {
				return kernels.Weights{}, moe.Unusable(err)
			}
			all.Format = t.Format
			all.N += t.N
			for _, p := range t.Planes() {
				*all.Plane(p) = append(*all.Plane(p), *t.Plane(p)...)
			}
		}
		if all.N != n {
			return kernels.Weights{}, moe.Unusable(fmt.Errorf("checkpoint %s: %s have %d rows and had %d: the folder has changed", k.m.folder, names, all.N, n))
		}
		return kernels.NewWeights(dev, all)
	})
	return w
}

// norm draws weights around 1, or reads them.
func (k *maker) norm(name string, n int) metal.Arg {
	if k.err != nil {
		return metal.Arg{}
	}
	var values []float32
	if k.c != nil {
		read, _, err := k.c.Floats(name + ".weight")
		if err == nil && len(read) != n {
			err = fmt.Errorf("%s has %d numbers and had %d: the folder has changed", name, len(read), n)
		}
		if err != nil {
			k.err = moe.Unusable(err)
			return metal.Arg{}
		}
		values = read
	} else {
		values = kernels.Normal(rand.New(rand.NewPCG(k.seed, streamOf(name))), n)
		for i := range values {
			values[i] = 1 + values[i]/8
		}
	}
	return k.buffers.Upload(k.m.DType, values)
}

// streamOf tells matrices apart. Those of experts are counted (package moe) and far
// below.
func streamOf(name string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(name))
	return h.Sum64() | 1<<63
}
