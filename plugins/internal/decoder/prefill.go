package decoder

import (
	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/kernels"
)

// Prefill passes tokens through all layers, chunk by chunk, without the head, from the
// same position on each time.
type Prefill struct {
	Whole, Rest *Pass // of a chunk, and of the tokens behind the last whole one; nil: none
	First       int   // position of the first token
	n           int   // tokens
	ids, at     metal.Arg
	buffers     kernels.Buffers
}

// NewPrefill is for tokens from position first on, at most chunk at once.
func NewPrefill(set *kernels.Set, w *Weights, c *Cache, form Form, tokens []uint32, first, chunk int) (*Prefill, error) {
	p := &Prefill{First: first, n: len(tokens), buffers: kernels.Buffers{Device: set.Device()}}
	p.ids, p.at = p.buffers.Indices(tokens), p.buffers.Indices([]uint32{uint32(first)})
	err := p.buffers.Err()
	for _, part := range []struct {
		pass   **Pass
		tokens int
	}{{&p.Whole, min(chunk, p.n)}, {&p.Rest, p.n % min(chunk, p.n)}} {
		if part.tokens > 0 && err == nil {
			*part.pass, err = NewPass(set, w, c, form, part.tokens, p.at)
		}
	}
	if err != nil {
		p.Release()
		return nil, err
	}
	return p, nil
}

// Release frees the memory.
func (p *Prefill) Release() {
	for _, pass := range []*Pass{p.Whole, p.Rest} {
		if pass != nil {
			pass.Release()
		}
	}
	p.buffers.Release()
}

// Chunks of all tokens.
func (p *Prefill) Chunks() int {
	n := p.n / p.Whole.Tokens
	if p.Rest != nil {
		n++
	}
	return n
}

// Last is the pass that runs last, and the position of its first token.
func (p *Prefill) Last() (*Pass, int) {
	if p.Rest != nil {
		return p.Rest, p.First + p.n - p.Rest.Tokens
	}
	return p.Whole, p.First + p.n - p.Whole.Tokens
}

// Ops are the dispatches of all chunks.
func (p *Prefill) Ops() ([]metal.Dispatch, error) {
	var s kernels.Sequence
	for i := range p.Chunks() {
		s.Add(p.chunk(i))
	}
	return s.Done()
}

func (p *Prefill) chunk(i int) ([]metal.Dispatch, error) {
	pass := p.Whole
	if at := i * p.Whole.Tokens; at+p.Whole.Tokens > p.n {
		pass = p.Rest
	}
	var s kernels.Sequence
	pass.layers(&s, kernels.Slice(p.ids, i, p.Whole.Tokens, 4), false)
	s.Add(pass.set.Advance(kernels.Advance{At: p.at, Next: p.at, Step: pass.Tokens, First: p.First, End: p.First + p.n}))
	return s.Done()
}
