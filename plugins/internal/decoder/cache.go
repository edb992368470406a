package decoder

import (
	"context"
	"fmt"

	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/kernels"
	"github.com/assay-bench/assay/plugins/internal/moe"
)

// Cache holds the keys and values of a sequence, of each layer [KV,Positions,HeadDim].
type Cache struct {
	Positions    int
	model        Model
	buffers      kernels.Buffers
	keys, values []metal.Arg
}

// NewCache makes room for so many positions.
func NewCache(dev metal.Device, m Model, positions int) (*Cache, error) {
	c := &Cache{Positions: positions, model: m, buffers: kernels.Buffers{Device: dev}}
	for range m.Layers {
		c.keys = append(c.keys, c.buffers.Floats(m.DType, m.KV*positions*m.HeadDim))
		c.values = append(c.values, c.buffers.Floats(m.DType, m.KV*positions*m.HeadDim))
	}
	if err := c.buffers.Err(); err != nil {
		c.buffers.Release()
		return nil, fmt.Errorf("keys and values of %d positions in %d layers: %w", positions, m.Layers, err)
	}
	return c, nil
}

// Release frees the cache.
func (c *Cache) Release() { c.buffers.Release() }

// Fill passes tokens through the model, from position 0 on, at most chunk at once.
// beat hears after each chunk how much is done.
func (c *Cache) Fill(ctx context.Context, set *kernels.Set, w *Weights, tokens []uint32, chunk int, beat func(done float64)) error {
	if len(tokens) == 0 {
		return nil
	}
	p, err := NewPrefill(set, w, c, Form{Form: moe.Form{Gating: true, DownCombine: true, Combine: kernels.FP32}}, tokens, 0, chunk)
	if err != nil {
		return err
	}
	defer p.Release()
	for i := range p.Chunks() {
		dispatches, err := p.chunk(i)
		if err != nil {
			return err
		}
		if _, err := set.Device().Submit(ctx, dispatches); err != nil {
			return fmt.Errorf("the context's tokens: %w", err)
		}
		beat(float64(i+1) / float64(p.Chunks()))
	}
	return nil
}

// drawn is how many numbers of a drawn context are different.
const drawn = 1 << 16

// Draw fills the first positions with numbers of the size that keys and values have,
// instead of those of tokens: the speed of attention does not depend on them.
func (c *Cache) Draw(seed uint64, positions int) error {
	m := c.model
	pool := m.DType.Bytes(moe.Normals(seed, "context", drawn))
	stride := c.Positions * m.HeadDim * m.DType.Size()
	need := positions * m.HeadDim * m.DType.Size()
	at := 0
	for l := range c.keys {
		for _, a := range []metal.Arg{c.keys[l], c.values[l]} {
			for h := range m.KV {
				for done := 0; done < need; {
					piece := pool[at%len(pool):]
					piece = piece[:min(len(piece), need-done)]
					if err := a.Buffer.Write(a.Offset+h*stride+done, piece); err != nil {
						return err
					}
					done, at = done+len(piece), at+len(piece)
				}
			}
		}
	}
	return nil
}
