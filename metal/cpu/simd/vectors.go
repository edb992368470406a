//go:build amd64 && !purego

package simd

import "unsafe"

// The functions below hand whole blocks of 16 elements to assembly where the
// machine has AVX2, whatever the tier of the dot products, and the rest to Go.

func split(n int) int {
	if Best() < AVX2 {
		return 0
	}
	return n &^ 15
}

func loadF16(dst []float32, src []uint16) {
	n := split(len(dst))
	if n > 0 {
		loadF16AVX2(&dst[0], &src[0], n)
	}
	loadF16Go(dst[n:], src[n:])
}

func loadBF16(dst []float32, src []uint16) {
	n := split(len(dst))
	if n > 0 {
		loadBF16AVX2(&dst[0], &src[0], n)
	}
	loadBF16Go(dst[n:], src[n:])
}

func storeF16(dst []uint16, src []float32) {
	n := split(len(src))
	if n > 0 {
		storeF16AVX2(&dst[0], &src[0], n)
	}
	storeF16Go(dst[n:], src[n:])
}

func storeBF16(dst []uint16, src []float32) {
	n := split(len(src))
	if n > 0 {
		storeBF16AVX2(&dst[0], &src[0], n)
	}
	storeBF16Go(dst[n:], src[n:])
}

// SiluMul writes silu(g)·u to dst, silu(g) = g/(1+e^-g). dst may be g or u.
// The three have one length.
func SiluMul(dst, g, u []float32) {
	n := split(len(dst))
	if n > 0 {
		siluMulAVX2(&dst[0], &g[:n][0], &u[:n][0], n)
	}
	siluMulGo(dst[n:], g[n:], u[n:])
}

// FMA adds w·y to acc with one rounding per element.
func FMA(acc, y []float32, w float32) {
	n := split(len(acc))
	if n > 0 {
		fmaAVX2(&acc[0], &y[:n][0], w, n)
	}
	fmaGo(acc[n:], y[n:], w)
}

// MulAdd adds w·y to acc, the product rounded to float32 before the sum.
func MulAdd(acc, y []float32, w float32) {
	n := split(len(acc))
	if n > 0 {
		mulAddAVX2(&acc[0], &y[:n][0], w, n)
	}
	mulAddGo(acc[n:], y[n:], w)
}

// Dot is Σ a·b in float32. len(a) must not exceed len(b).
func Dot(a, b []float32) float32 {
	n := split(len(a))
	var s float32
	if n > 0 {
		s = dotAVX2(&a[0], &b[:n][0], n)
	}
	return s + dotGo(a[n:], b[n:])
}

// groupSums writes the sum of each group of x.
func groupSums(sums, x []float32, group int) {
	if split(16) == 0 || len(sums) == 0 {
		groupSumsGo(sums, x, group)
		return
	}
	groupSumsAVX2(unsafe.SliceData(sums), unsafe.SliceData(x[:len(sums)*group]), len(sums), group)
}
