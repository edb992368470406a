package decoder

import (
	"fmt"
	"math"

	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/kernels"
	"github.com/assay-bench/assay/plugins/internal/moe"
)

// Pass takes a number of tokens through all layers: what it computes and the memory
// that it computes in, which all layers share.
type Pass struct {
	*Weights
	Form
	Tokens int

	// Experts computes the block of a layer with experts: with Block, unless it is
	// replaced.
	Experts func(*moe.Layer, moe.IO) ([]metal.Dispatch, error)
	Block   *moe.Block // nil: the model has no experts

	set     *kernels.Set
	cache   *Cache
	buffers kernels.Buffers

	at           metal.Arg // [1] uint32: the position of the first token
	h            metal.Arg // [T,Hidden]: the residual stream
	normed       metal.Arg // [T,Hidden]: the input of attention or of an FFN
	out          metal.Arg // [T,Hidden]: its output
	final        metal.Arg // [T,Hidden]: the input of the head
	q, k, v      metal.Arg // [T,Heads,HeadDim], [T,KV,HeadDim] twice; of one token one after the other
	normQ, normK metal.Arg // q and k after their norms
	ropeQ, ropeK metal.Arg // and at their positions
	attended     metal.Arg // [T,Heads,HeadDim]
	parts, sums  metal.Arg // of the context of one token, where the device wants it in parts
	router       metal.Arg // [T,experts]
	gate, up     metal.Arg // [T,Inner], of a dense FFN
	inner        metal.Arg
	first, one   metal.Arg // [T] uint32: 0 … T-1 and zeros, where a dense gate and up are fused
}

// NewPass makes the memory of a pass. at is where its first token stands.
func NewPass(set *kernels.Set, w *Weights, c *Cache, form Form, tokens int, at metal.Arg) (*Pass, error) {
	form.GateUp = form.GateUp && (form.GateUpMost == 0 || tokens <= form.GateUpMost)
	p := &Pass{Weights: w, Form: form, Tokens: tokens, set: set, cache: c, at: at, buffers: kernels.Buffers{Device: set.Device()}}
	size := p.DType.Size()
	floats := func(n int) metal.Arg { return p.buffers.Floats(p.DType, tokens*n) }
	heads, kv := p.Heads*p.HeadDim, p.KV*p.HeadDim
	p.h, p.normed, p.out, p.final = floats(p.Hidden), floats(p.Hidden), floats(p.Hidden), floats(p.Hidden)
	p.q = floats(heads + 2*kv)
	p.k = kernels.Slice(p.q, tokens, heads, size)
	p.v = kernels.Slice(p.k, tokens, kv, size)
	p.normQ, p.normK = p.q, p.k
	if p.QKNorm {
		p.normQ, p.normK = floats(heads), floats(kv)
	}
	p.ropeQ, p.ropeK, p.attended = floats(heads), floats(kv), floats(heads)
	if parts, sums := set.SplitBytes(p.Heads, p.HeadDim, c.Positions); tokens == 1 && parts > 0 {
		p.parts, p.sums = p.buffers.Zeros(parts), p.buffers.Zeros(sums)
	}
	err := p.buffers.Err()
	if p.Model.Experts != nil && err == nil {
		p.router = floats(p.Model.Experts.Experts)
		p.Block, err = moe.NewBlock(set, *p.Model.Experts, tokens, form.Form)
		p.Experts = func(l *moe.Layer, io moe.IO) ([]metal.Dispatch, error) { return p.Block.Dispatches(*l, io) }
	}
	if p.Inner > 0 {
		p.gate, p.up, p.inner = floats(p.Inner), floats(p.Inner), floats(p.Inner)
		numbers := make([]uint32, tokens)
		p.one = p.buffers.Indices(numbers)
		for i := range numbers {
			numbers[i] = uint32(i)
		}
		p.first = p.buffers.Indices(numbers)
	}
	if err == nil {
		err = p.buffers.Err()
	}
	if err != nil {
		p.Release()
		return nil, fmt.Errorf("memory for %d tokens: %w", tokens, err)
	}
	return p, nil
}

// Release frees the memory.
func (p *Pass) Release() {
	if p.Block != nil {
		p.Block.Release()
	}
	p.buffers.Release()
}

// layers takes the tokens ids[T] through all layers: h is the residual stream behind
// them and, with last, final what the last norm makes of it.
func (p *Pass) layers(s *kernels.Sequence, ids metal.Arg, last bool) {
	s.Add(p.set.Embedding(kernels.Embedding{IDs: ids, Y: p.h, W: p.Embedding, M: p.Tokens}))
	p.norm(s, p.Layers[0].Before, p.normed)
	for i := range p.Layers {
		l := &p.Layers[i]
		p.attention(s, i)
		p.residual(s, l.Between, p.normed)
		p.ffn(s, i)
		switch {
		case i+1 < len(p.Layers):
			p.residual(s, p.Layers[i+1].Before, p.normed)
		case last:
			p.residual(s, p.Norm, p.final)
		default:
			p.add(s)
		}
	}
}

func (p *Pass) norm(s *kernels.Sequence, weight, y metal.Arg) {
	s.Add(p.set.RMSNorm(kernels.RMSNorm{
		X: p.h, Weight: weight, Y: y, M: p.Tokens, D: p.Hidden, Eps: float32(p.Eps), DType: p.DType,
	}))
}

func (p *Pass) add(s *kernels.Sequence) {
	s.Add(p.set.Add(kernels.Add{A: p.h, B: p.out, Y: p.h, N: p.Tokens * p.Hidden, DType: p.DType}))
}

// residual adds out to h and makes y of it.
func (p *Pass) residual(s *kernels.Sequence, weight, y metal.Arg) {
	if !p.AddNorm {
		p.add(s)
		p.norm(s, weight, y)
		return
	}
	s.Add(p.set.AddRMSNorm(kernels.AddRMSNorm{
		X: p.h, Residual: p.out, Weight: weight, Sum: p.h, Y: y,
		M: p.Tokens, D: p.Hidden, Eps: float32(p.Eps), DType: p.DType,
	}))
}

func (p *Pass) matmul(s *kernels.Sequence, x metal.Arg, w kernels.Weights, y metal.Arg) {
	s.Add(p.set.QuantizedMatmul(kernels.QuantizedMatmul{X: x, Y: y, W: w, M: p.Tokens}))
}

// attention makes out of normed.
func (p *Pass) attention(s *kernels.Sequence, layer int) {
	l := &p.Layers[layer]
	if p.QKV && p.Tokens == 1 && l.QKV.N > 0 {
		p.matmul(s, p.normed, l.QKV, p.q)
	} else {
		p.matmul(s, p.normed, l.Q, p.q)
		p.matmul(s, p.normed, l.K, p.k)
		p.matmul(s, p.normed, l.V, p.v)
	}
	p.cached(s, layer)
	keys, values := p.cache.keys[layer], p.cache.values[layer]
	s.Add(p.set.SDPA(kernels.SDPA{
		Q: p.ropeQ, Keys: keys, Values: values, At: p.at, Out: p.attended, Parts: p.parts, Sums: p.sums,
		M: p.Tokens, H: p.Heads, KV: p.KV, D: p.HeadDim, Stride: p.cache.Positions, Scale: p.scale(), DType: p.DType,
	}))
	p.matmul(s, p.attended, l.O, p.out)
}

// cached makes ropeQ of q, and puts k and v into the cache.
func (p *Pass) cached(s *kernels.Sequence, layer int) {
	l, keys, values := &p.Layers[layer], p.cache.keys[layer], p.cache.values[layer]
	if p.Form.Rope {
		s.Add(p.set.RopeCache(kernels.RopeCache{
			Q: p.q, K: p.k, V: p.v, QNorm: l.QNorm, KNorm: l.KNorm, At: p.at, Y: p.ropeQ, Keys: keys, Values: values,
			M: p.Tokens, H: p.Heads, KV: p.KV, D: p.HeadDim, Stride: p.cache.Positions,
			Base: float32(p.Theta), Scale: 1, Eps: float32(p.Eps), DType: p.DType,
		}))
		return
	}
	if p.QKNorm {
		p.headNorm(s, p.q, l.QNorm, p.normQ, p.Heads)
		p.headNorm(s, p.k, l.KNorm, p.normK, p.KV)
	}
	p.rope(s, p.normQ, p.ropeQ, p.Heads)
	p.rope(s, p.normK, p.ropeK, p.KV)
	s.Add(p.set.CacheAppend(kernels.CacheAppend{
		K: p.ropeK, V: p.v, At: p.at, Keys: keys, Values: values,
		M: p.Tokens, KV: p.KV, D: p.HeadDim, Stride: p.cache.Positions, DType: p.DType,
	}))
}

// scale of attention's scores.
func (p *Pass) scale() float32 { return float32(1 / math.Sqrt(float64(p.HeadDim))) }

func (p *Pass) headNorm(s *kernels.Sequence, x, weight, y metal.Arg, heads int) {
	s.Add(p.set.RMSNorm(kernels.RMSNorm{
		X: x, Weight: weight, Y: y, M: p.Tokens * heads, D: p.HeadDim, Eps: float32(p.Eps), DType: p.DType,
	}))
}

func (p *Pass) rope(s *kernels.Sequence, x, y metal.Arg, heads int) {
	s.Add(p.set.Rope(kernels.Rope{
		X: x, At: p.at, Y: y, M: p.Tokens, H: heads, D: p.HeadDim, Base: float32(p.Theta), Scale: 1, DType: p.DType,
	}))
}

// ffn makes out of normed.
func (p *Pass) ffn(s *kernels.Sequence, layer int) {
	l := &p.Layers[layer]
	if p.sparse(layer) {
		p.matmul(s, p.normed, l.Router, p.router)
		s.Add(p.Experts(&l.Experts, p.io()))
		return
	}
	if p.GateUp && l.Gate.Format == l.Up.Format {
		s.Add(p.set.GatherQMMSwiglu(kernels.GatherQMMSwiglu{
			X: p.normed, LHS: p.first, RHS: p.one, Y: p.inner, Gate: l.Gate, Up: l.Up, Pairs: p.Tokens, M: 1, Rows: p.Tokens,
		}))
	} else {
		p.matmul(s, p.normed, l.Gate, p.gate)
		p.matmul(s, p.normed, l.Up, p.up)
		s.Add(p.set.Swiglu(kernels.Swiglu{Gate: p.gate, Up: p.up, Y: p.inner, N: p.Tokens * p.Inner, DType: p.DType}))
	}
	p.matmul(s, p.inner, l.Down, p.out)
}

func (p *Pass) io() moe.IO { return moe.IO{X: p.normed, Logits: p.router, Out: p.out} }
