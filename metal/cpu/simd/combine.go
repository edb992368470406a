package simd

import (
	"math"

	"github.com/assay-bench/assay/metal/dtype"
)

// fmaGo adds w·y to acc, rounded once per element.
func fmaGo(acc, y []float32, w float32) {
	for i, v := range y {
		acc[i] = float32(math.FMA(float64(w), float64(v), float64(acc[i])))
	}
}

// mulAddGo adds w·y to acc, the product rounded to float32 before the sum.
func mulAddGo(acc, y []float32, w float32) {
	for i, v := range y {
		acc[i] += float32(w * v)
	}
}

// MulAddRounded adds w·y to acc, product and sum each rounded to t.
func MulAddRounded(acc, y []float32, w float32, t dtype.DType) {
	var one [1]float32
	for i, v := range y {
		one[0] = w * v
		Round(one[:], t)
		one[0] += acc[i]
		Round(one[:], t)
		acc[i] = one[0]
	}
}
