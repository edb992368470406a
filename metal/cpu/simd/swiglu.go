package simd

import "math"

// siluMulGo writes silu(g)·u to dst, silu(g) = g/(1+e^-g), rounded once.
func siluMulGo(dst, g, u []float32) {
	for i, x := range g {
		dst[i] = x / (1 + float32(math.Exp(-float64(x)))) * u[i]
	}
}
