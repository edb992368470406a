package moe

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"math"
	"math/bits"
	"slices"

	"github.com/assay-bench/assay/metal/quant"
)

// stream is a sequence of numbers of which each is a function of a seed, a purpose
// and its position, in whole numbers and float64 alone: a plugin in another language
// that counts in the same way has the same inputs, bit by bit (plugins/mlx does).
type stream struct {
	key  uint64 // the first 8 bytes of SHA-256 of the seed (8 bytes) and the purpose, little-endian
	next int
}

func newStream(seed uint64, purpose string) *stream {
	digest := sha256.Sum256(append(binary.LittleEndian.AppendUint64(nil, seed), purpose...))
	return &stream{key: binary.LittleEndian.Uint64(digest[:])}
}

func (s *stream) uint64() uint64 {
	s.next++
	return quant.Counted(s.key, s.next-1)
}

// normal is about normal, with mean 0 and variance 1: the sum of eight pieces of 16
// bits, since logarithms and cosines are not the same in every library.
func (s *stream) normal() float32 {
	const mean, deviation = 8 * 32767.5, 53509.92 // of the sum: √(8·(65536²−1)/12)
	var sum uint64
	for range 2 {
		for word := s.uint64(); word != 0; word >>= 16 {
			sum += word & 0xffff
		}
	}
	return float32((float64(sum) - mean) / deviation)
}

func (s *stream) normals(n int) []float32 {
	out := make([]float32, n)
	for i := range out {
		out[i] = s.normal()
	}
	return out
}

// perm is an order of the numbers below n: that of the next n numbers of the stream.
func (s *stream) perm(n int) []int {
	keys, order := make([]uint64, n), make([]int, n)
	for i := range n {
		keys[i], order[i] = s.uint64(), i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(keys[a], keys[b]) })
	return order
}

// weighted draws k different places, each with a probability proportional to its weight
// among those that are left. The sum of the weights is below 2^64, and k of them are not 0.
func (s *stream) weighted(weights []uint64, k int) []int {
	left, out := slices.Clone(weights), make([]int, 0, k)
	var total uint64
	for _, w := range left {
		total += w
	}
	for range k {
		at, _ := bits.Mul64(s.uint64(), total) // below total, each number within 2^-64 of alike
		i := 0
		for ; at >= left[i]; i++ {
			at -= left[i]
		}
		total -= left[i]
		left[i] = 0
		out = append(out, i)
	}
	return out
}

// Tokens are n tokens of a prompt, below vocab: those that plugins/mlx draws.
func Tokens(seed uint64, vocab, n int) []uint32 {
	draw, out := newStream(seed, "prompt"), make([]uint32, n)
	for i := range out {
		out[i] = uint32(draw.uint64() % uint64(vocab))
	}
	return out
}

// Normals are n about normal numbers of a purpose.
func Normals(seed uint64, purpose string, n int) []float32 {
	return newStream(seed, purpose).normals(n)
}

// sketchLength is what a sketch has of values: distances between sketches are those
// of the vectors to about a tenth.
const sketchLength = 256

// Sketch stands for a long vector: each value is added to or taken from one of few
// sums, by lot. It is the same projection for vectors of one seed; of a vector that is
// not finite there is none.
func Sketch(seed uint64, values []float32) []float64 {
	lot, out := newStream(seed, "sketch"), make([]float64, sketchLength)
	for _, v := range values {
		draw := lot.uint64()
		if x := float64(v); math.IsNaN(x) || math.IsInf(x, 0) {
			return nil
		}
		if draw>>63 != 0 {
			v = -v
		}
		out[draw%sketchLength] += float64(v)
	}
	return out
}
