package devicetest

import (
	"hash/fnv"
	"math/rand/v2"

	"github.com/assay-bench/assay/metal/dtype"
	"github.com/assay-bench/assay/metal/quant"
)

// rng draws what one check needs: the same for the same seed and name,
// whatever else runs.
type rng struct{ *rand.Rand }

func (s *suite) rng(name string) rng {
	h := fnv.New64a()
	_, _ = h.Write([]byte(name))
	return rng{rand.New(rand.NewPCG(s.o.Seed, h.Sum64()))}
}

// between draws from lo to hi, both included.
func (r rng) between(lo, hi int) int { return lo + r.IntN(hi-lo+1) }

// values draws n normal numbers as dt stores them.
func (r rng) values(n int, dt dtype.DType) []float32 {
	out := make([]float32, n)
	for i := range out {
		out[i] = dt.Round(float32(r.NormFloat64()))
	}
	return out
}

// indices draws n numbers below limit.
func (r rng) indices(n, limit int) []uint32 {
	out := make([]uint32, n)
	for i := range out {
		out[i] = uint32(r.IntN(limit))
	}
	return out
}

// weights draws a tensor whose products with values are of order one.
func (r rng) weights(c *scope, f quant.Format, experts, n, k int) *quant.Tensor {
	t, err := quant.Random(r.Uint64(), f, experts, n, k, 1)
	if err != nil {
		c.fault(err)
		t, _ = quant.New(f, experts, n, k)
	}
	return t
}

// shape draws N, odd ones too, large enough that the largest output is of
// order one, and a K of at most nine groups, or of what kernels read at a time.
func (r rng) shape(f quant.Format) (n, k int) {
	return r.between(9, 70), max(f.Group, quant.Step) * r.between(1, 9)
}
