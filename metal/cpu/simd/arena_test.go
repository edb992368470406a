package simd

import (
	"math/rand/v2"
	"unsafe"

	"github.com/assay-bench/assay/metal/dtype"
)

// arena is memory for one comparison or benchmark.
type arena struct{ free unsafe.Pointer }

// newArena has room for size bytes, gaps between objects included.
func newArena(size int) *arena {
	p := unsafe.Pointer(&make([]byte, size+64)[0])
	return &arena{unsafe.Add(p, -uintptr(p)&63)}
}

// aligned is n zero bytes on a cache line, with more to read behind them.
func (a *arena) aligned(n int) unsafe.Pointer {
	p := a.free
	a.free = unsafe.Add(p, (n+Overread+63)&^63)
	return p
}

// codes is n random bytes.
func (a *arena) codes(r *rand.Rand, n int) unsafe.Pointer {
	p := a.aligned(n)
	for i := range n {
		*(*byte)(unsafe.Add(p, i)) = byte(r.Uint32())
	}
	return p
}

// values is n normally distributed values of type t.
func (a *arena) values(r *rand.Rand, n int, scale float64, t dtype.DType) unsafe.Pointer {
	f := make([]float32, n)
	for i := range f {
		f[i] = float32(r.NormFloat64() * scale)
	}
	p := a.aligned(n * t.Size())
	Store(p, f, t)
	return p
}
