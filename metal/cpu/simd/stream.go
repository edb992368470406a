package simd

import "unsafe"

// StreamRead loads n bytes at p, a multiple of 512, and does nothing with
// them: the plain read of memory that kernels are measured against.
func StreamRead(p unsafe.Pointer, n int) { streamRead(p, n) }
