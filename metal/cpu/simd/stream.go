package simd

import "unsafe"

// StreamRead loads n bytes at p, a multiple of 512, and does nothing with
// them: the read of memory that kernels are measured against. On amd64 it
// prefetches as they do, also beyond the n bytes, where it touches nothing.
func StreamRead(p unsafe.Pointer, n int) { streamRead(p, n) }
