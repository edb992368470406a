//go:build !amd64 || purego

package simd

import (
	"sync/atomic"
	"unsafe"
)

// Best is the highest tier of this machine and build.
func Best() Tier { return Go }

func (Tier) impl(*QDot) impl { return plain{} }

func (Tier) tabled(_ *QDot, table *Table) impl { return tabled{table} }

// frame2 is what assembly would need.
type frame2 struct{}

func loadF16(dst []float32, src []uint16)    { loadF16Go(dst, src) }
func loadBF16(dst []float32, src []uint16)   { loadBF16Go(dst, src) }
func storeF16(dst []uint16, src []float32)   { storeF16Go(dst, src) }
func storeBF16(dst []uint16, src []float32)  { storeBF16Go(dst, src) }
func groupSums(sums, x []float32, group int) { groupSumsGo(sums, x, group) }
func streamRead(p unsafe.Pointer, n int)     { sink.Store(streamReadGo(p, n)) }

// sink keeps the compiler from dropping the reads.
var sink atomic.Uint64

// SiluMul writes silu(g)·u to dst, silu(g) = g/(1+e^-g). dst may be g or u.
// The three have one length.
func SiluMul(dst, g, u []float32) { siluMulGo(dst, g, u) }

// FMA adds w·y to acc with one rounding per element.
func FMA(acc, y []float32, w float32) { fmaGo(acc, y, w) }

// MulAdd adds w·y to acc, the product rounded to float32 before the sum.
func MulAdd(acc, y []float32, w float32) { mulAddGo(acc, y, w) }

// Dot is Σ a·b in float32. len(a) must not exceed len(b).
func Dot(a, b []float32) float32 { return dotGo(a, b) }

// Pause tells the core that the caller spins.
func Pause() {}

func streamReadGo(p unsafe.Pointer, n int) uint64 {
	var a, b, c, d uint64
	for w := unsafe.Slice((*uint64)(p), n/8); len(w) >= 4; w = w[4:] {
		a, b, c, d = a|w[0], b|w[1], c|w[2], d|w[3]
	}
	return a | b | c | d
}
