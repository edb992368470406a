package main

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/assay-bench/assay/metal/tensorfile"
)

// generator of one purpose: streams of the same seed are unrelated.
func generator(seed uint64, purpose string) *rand.Rand {
	var key [32]byte
	binary.LittleEndian.PutUint64(key[:], seed)
	copy(key[8:], purpose)
	return rand.New(rand.NewChaCha8(key))
}

// contents are what a buffer holds before an iteration: a function of the seed, of
// its name and of what is stated, so that all arms get the same.
func (b *buffer) contents(seed uint64) ([]byte, error) {
	if b.File != nil {
		data, _, err := tensor(*b.File, b.Tensor, b.count)
		return data, err
	}
	data := make([]byte, b.bytes())
	next := b.numbers(generator(seed, b.name))
	if next != nil {
		for i := range b.count {
			b.element.put(data, i, next(i))
		}
	}
	return data, nil
}

// numbers gives element by element; nil: all zero.
func (b *buffer) numbers(rng *rand.Rand) func(i int) float64 {
	low, high := valueOr(b.Low, 0), valueOr(b.High, 1)
	switch valueOr(b.Fill, "zeros") {
	case "ones":
		return func(int) float64 { return 1 }
	case "constant":
		v := *b.Value
		return func(int) float64 { return v }
	case "normal":
		mean, deviation := valueOr(b.Mean, 0), valueOr(b.Deviation, 1)
		return func(int) float64 { return mean + deviation*rng.NormFloat64() }
	case "uniform":
		return func(int) float64 { return low + (high-low)*rng.Float64() }
	case "integers":
		low, high := math.Ceil(low), math.Ceil(high)
		span := uint64(high - low)
		return func(int) float64 { return low + float64(rng.Uint64N(span)) }
	case "arange", "iota":
		return func(i int) float64 { return float64(i) }
	}
	return nil
}

// tensor reads one tensor of a file, of as many elements as it had when the
// configuration was checked.
func tensor(path string, name *string, count int) ([]byte, *element, error) {
	f, err := tensorfile.Open(path)
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	info, _ := f.Info(valueOr(name, "")) // Read says what is wrong with the name
	data, err := f.Read(valueOr(name, ""))
	if err != nil {
		return nil, nil, err
	}
	of := elementStored(info.DType)
	if of == nil || len(data) != count*of.size {
		return nil, nil, fmt.Errorf("%s has changed since it was checked: %d bytes of %s, want %d elements; run again", path, len(data), info.DType, count)
	}
	return data, of, nil
}

// spoilt is n bytes that no kernel writes by chance. Two patterns, since one could
// be the right answer of whole numbers.
func spoilt(n int, pattern byte) []byte {
	out := make([]byte, n)
	for i := range out {
		out[i] = pattern
	}
	return out
}

// Patterns of spoilt outputs: NaN of every float type, and a number unlike it.
const (
	firstPattern  = 0xff
	secondPattern = 0xa5
)

// untouched counts elements that still have the pattern in all of the given data.
func untouched(size int, patterns map[byte][]byte) (count, first int) {
	first = -1
	n := 0
	for _, data := range patterns {
		n = len(data) / size
	}
	for i := range n {
		still := true
		for pattern, data := range patterns {
			for _, x := range data[i*size : (i+1)*size] {
				still = still && x == pattern
			}
		}
		if still {
			if count++; first < 0 {
				first = i
			}
		}
	}
	return count, first
}
