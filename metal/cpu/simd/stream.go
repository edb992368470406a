package simd

import "unsafe"

// StreamRead loads n bytes at p, a multiple of 512, and does nothing with
// them: the plain read of memory that kernels are measured against.
func StreamRead(p unsafe.Pointer, n int) { streamRead(p, n) }

func streamReadGo(p unsafe.Pointer, n int) uint64 {
	var a, b, c, d uint64
	for w := unsafe.Slice((*uint64)(p), n/8); len(w) >= 4; w = w[4:] {
		a, b, c, d = a|w[0], b|w[1], c|w[2], d|w[3]
	}
	return a | b | c | d
}
