package main

import "github.com/assay-bench/assay/metal/dtype"

// weights are rows of a matrix in one of ggml's formats, and their values.
type weights struct {
	bytes  []byte
	values []float32
}

func (w weights) rowBytes(rows int) int { return len(w.bytes) / rows }

func f16Weights(n, step int) weights {
	v := numbers(n, step, 67, 32)
	return weights{dtype.F16.Bytes(v), v}
}

// q4_0: 32 elements share a half scale; the low four bits of the bytes are the
// first 16 of them, and 8 stands for 0.
func q40Weights(n int) weights {
	var w weights
	for b := range n / 32 {
		d := float32(b%7+1) / 64
		low, high := make([]float32, 16), make([]float32, 16)
		w.bytes = append(w.bytes, dtype.F16.Bytes([]float32{d})...)
		for i := range 16 {
			l, h := (b*3+i)%16, (b+i*5)%16
			w.bytes = append(w.bytes, byte(l|h<<4))
			low[i], high[i] = d*float32(l-8), d*float32(h-8)
		}
		w.values = append(append(w.values, low...), high...)
	}
	return w
}

// q8_0: 32 bytes share a half scale.
func q80Weights(n, step int) weights {
	var w weights
	for b := range n / 32 {
		d := dtype.F16.Round(float32(b%5+1) / 512)
		w.bytes = append(w.bytes, dtype.F16.Bytes([]float32{d})...)
		for i := range 32 {
			q := int8((b*step+i*7)%200 - 100)
			w.bytes = append(w.bytes, byte(q))
			w.values = append(w.values, d*float32(q))
		}
	}
	return w
}

// q4_K: 256 elements in eight parts of 32, each with a scale and a minimum of
// six bits, which are multiplied by two halves of the block. The scales and
// minimums of the first four parts are the low six bits of the bytes 0 to 3 and
// 4 to 7; those of the others have their low four bits in the bytes 8 to 11 and
// their high two bits in the high two bits of the bytes before.
func q4KWeights(n int) weights {
	var w weights
	for b := range n / 256 {
		d, least := float32(b%2+1)/64, float32(b/2%2+1)/64
		var scale, low [8]int
		var packed [12]byte
		for p := range 8 {
			scale[p], low[p] = (b*11+p*23+5)%64, (b*7+p*19+40)%64
			if p < 4 {
				packed[p], packed[p+4] = byte(scale[p]), byte(low[p])
				continue
			}
			packed[p+4] = byte(scale[p]&15 | low[p]&15<<4)
			packed[p-4] |= byte(scale[p] >> 4 << 6)
			packed[p] |= byte(low[p] >> 4 << 6)
		}
		var nibbles [128]byte
		for i := range 256 {
			p, q := i/32, (b*5+i*3+i/16)%16
			nibbles[p/2*32+i%32] |= byte(q << (p % 2 * 4))
			w.values = append(w.values, d*float32(scale[p]*q)-least*float32(low[p]))
		}
		w.bytes = append(append(append(w.bytes, dtype.F16.Bytes([]float32{d, least})...), packed[:]...), nibbles[:]...)
	}
	return w
}
