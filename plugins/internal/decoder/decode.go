package decoder

import (
	"context"
	"fmt"

	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/kernels"
)

// Decode is one greedy token after the other: a step reads the token that the step
// before chose, at the next position. After so many steps it goes back to the first
// position, so that the context is about as deep in all of them.
type Decode struct {
	*Pass
	First, Steps int
	token        uint32    // that the first step reads
	ids          metal.Arg // [1] uint32: the token to read, then the one that was chosen
	logits       metal.Arg // [Vocab]
	memory       kernels.Buffers
}

// NewDecode begins with a token at position first of the cache.
func NewDecode(set *kernels.Set, w *Weights, c *Cache, form Form, token uint32, first, steps int) (*Decode, error) {
	d := &Decode{First: first, Steps: steps, token: token, memory: kernels.Buffers{Device: set.Device()}}
	d.ids, d.logits = d.memory.Indices([]uint32{token}), d.memory.Floats(w.DType, w.Vocab)
	at := d.memory.Indices([]uint32{uint32(first)})
	err := d.memory.Err()
	if err == nil {
		d.Pass, err = NewPass(set, w, c, form, 1, at)
	}
	if err != nil {
		d.memory.Release()
		return nil, err
	}
	return d, nil
}

// Release frees the memory.
func (d *Decode) Release() {
	d.Pass.Release()
	d.memory.Release()
}

// Ops are the dispatches of a step, the same at every position.
func (d *Decode) Ops() ([]metal.Dispatch, error) {
	var s kernels.Sequence
	d.layers(&s, d.ids, true)
	d.matmul(&s, d.final, d.Head, d.logits)
	s.Add(d.set.Argmax(kernels.Argmax{X: d.logits, Index: d.ids, M: 1, D: d.Vocab, DType: d.DType}))
	s.Add(d.set.Advance(kernels.Advance{At: d.at, Next: d.at, Step: 1, First: d.First, End: d.First + d.Steps}))
	return s.Done()
}

// Rewind goes back to the first token.
func (d *Decode) Rewind() error {
	if err := d.ids.Buffer.Write(d.ids.Offset, kernels.Encode(d.token)); err != nil {
		return err
	}
	return d.at.Buffer.Write(d.at.Offset, kernels.Encode(uint32(d.First)))
}

// Greedy is what a number of steps chose, and the logits of each.
type Greedy struct {
	Tokens []uint32
	Logits [][]float32
}

// Greedy rewinds and runs n steps of a program of Ops.
func (d *Decode) Greedy(ctx context.Context, program metal.Program, n int) (g Greedy, err error) {
	if err := d.Rewind(); err != nil {
		return g, err
	}
	for range n {
		if _, err := program.Run(ctx, 1); err != nil {
			return g, fmt.Errorf("greedy token %d: %w", len(g.Tokens), err)
		}
		logits, err := kernels.Download(d.logits, d.DType, d.Vocab)
		if err != nil {
			return g, err
		}
		ids, err := kernels.DownloadUint32(d.ids, 1)
		if err != nil {
			return g, err
		}
		g.Tokens, g.Logits = append(g.Tokens, ids...), append(g.Logits, logits)
	}
	return g, d.Rewind()
}
