package simd

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"unsafe"

	"github.com/assay-bench/assay/metal/dtype"
)

// TestQDotTiers holds every tier to the plain Go twin, for every part, format
// and number of activations, with rows that are no multiple of four.
func TestQDotTiers(t *testing.T) {
	for _, typ := range []dtype.DType{dtype.F32, dtype.F16, dtype.BF16} {
		for _, bits := range []int{2, 3, 4, 5, 6, 8} {
			for _, part := range []Part{Whole, High, Low} {
				t.Run(fmt.Sprintf("%s/b%d/part%d", typ, bits, part), func(t *testing.T) {
					for _, k := range []int{128, 384} {
						for nx := 1; nx <= MaxX; nx++ {
							compareTiers(t, typ, bits, part, k, nx)
						}
					}
				})
			}
		}
	}
}

func compareTiers(t *testing.T, typ dtype.DType, bits int, part Part, k, nx int) {
	const rows, group = 7, 32
	mem := newArena()
	r := rand.New(rand.NewPCG(uint64(bits), uint64(k)))
	values := func(n int, scale float64) unsafe.Pointer {
		f := make([]float32, n)
		for i := range f {
			f[i] = float32(r.NormFloat64() * scale)
		}
		p := mem.aligned(n * typ.Size())
		Store(p, f, typ)
		return p
	}
	codes := mem.aligned(rows * k * bits / 8)
	for i := range rows * k * bits / 8 {
		*(*byte)(unsafe.Add(codes, i)) = byte(r.Uint32())
	}
	tile := Tile{codes, values(rows*k/group, 0.1), values(rows*k/group, 1)}
	xs := values(nx*k, 1)
	multiply := func(tier Tier) []float32 {
		q := NewQDot(tier, part, bits, group, k, typ)
		w := NewWorker(make([]float32, q.WorkerFloats()))
		out := make([]float32, nx*rows)
		job := Job{Tile: tile, Out: &out[0], NX: nx, Rows: rows, Ld: rows}
		for i := range nx {
			job.X[i] = mem.aligned(q.XBytes)
			q.Prepare(job.X[i], unsafe.Add(xs, i*k*typ.Size()), w)
			if behind := [Overread]byte(unsafe.Slice((*byte)(unsafe.Add(job.X[i], q.XBytes)), Overread)); behind != [Overread]byte{} {
				t.Errorf("%s, K %d: Prepare wrote behind XBytes", tier, k)
			}
		}
		q.Run([]Job{job}, Tile{}, w)
		return out
	}
	want := multiply(Go)
	for tier := AVX2; tier <= Best(); tier++ {
		for i, got := range multiply(tier) {
			// A sum of k products of about 1, in float32.
			if d := math.Abs(float64(got - want[i])); !(d <= 2e-5*math.Sqrt(float64(k))*float64(uint(1)<<bits)/16) {
				t.Errorf("%s, K %d, row %d of activation %d/%d: %v, plain Go %v", tier, k, i%rows, i/rows, nx, got, want[i])
			}
		}
	}
}

// arena is memory for one comparison. Cursors of jobs run before and behind
// what they read, and must not point into other objects of the heap.
type arena struct{ free unsafe.Pointer }

const margin = 64 << 10

func newArena() *arena {
	p := unsafe.Pointer(&make([]byte, 2*margin+(64<<10))[0])
	return &arena{unsafe.Add(p, margin-int(uintptr(p)&63))}
}

// aligned is n zero bytes on a cache line, with more to read behind them.
func (a *arena) aligned(n int) unsafe.Pointer {
	p := a.free
	a.free = unsafe.Add(p, (n+Overread+63)&^63)
	return p
}
