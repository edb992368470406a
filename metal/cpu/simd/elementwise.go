package simd

// Add writes a+b to dst, which may be a or b.
func Add(dst, a, b []float32) {
	a, b = a[:len(dst)], b[:len(dst)]
	for i := range dst {
		dst[i] = a[i] + b[i]
	}
}

// dotGo is Σ a·b in float32. len(a) must not exceed len(b).
func dotGo(a, b []float32) float32 {
	n := len(a) &^ 3
	s := dot(a[:n], b)
	for i := n; i < len(a); i++ {
		s += a[i] * b[i]
	}
	return s
}
