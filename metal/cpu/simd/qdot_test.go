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

// TestQDotJobs is two jobs in one call, of several tiles each, as assembly runs
// them without a return between.
func TestQDotJobs(t *testing.T) {
	for _, typ := range []dtype.DType{dtype.F32, dtype.F16, dtype.BF16} {
		for _, bits := range []int{2, 3, 4, 5, 6, 8} {
			for _, k := range []int{128, 768} {
				compareJobs(t, typ, bits, k)
			}
		}
	}
}

func compareJobs(t *testing.T, typ dtype.DType, bits, k int) {
	const n, rows, group = 2, 12, 64
	mem := newArena(256 << 10)
	r := rand.New(rand.NewPCG(uint64(bits), uint64(k)))
	x := mem.values(r, k, 1, typ)
	var tiles [n]Tile
	for i := range tiles {
		codes := mem.codes(r, rows*k*bits/8)
		tiles[i] = Tile{codes, mem.values(r, rows*k/group, 0.1, typ), mem.values(r, rows*k/group, 1, typ)}
	}
	multiply := func(tier Tier) []float32 {
		q := NewQDot(tier, Whole, bits, group, k, typ)
		w := NewWorker(make([]float32, q.WorkerFloats()))
		prepared := mem.aligned(q.XBytes)
		q.Prepare(prepared, x, w)
		out := make([]float32, n*rows)
		jobs := make([]Job, n)
		for i := range jobs {
			jobs[i] = Job{Tile: tiles[i], Out: &out[i*rows], NX: 1, Rows: rows, Ld: rows}
			jobs[i].X[0] = prepared
		}
		q.Run(jobs, Tile{}, w)
		return out
	}
	want := multiply(Go)
	for tier := AVX2; tier <= Best(); tier++ {
		for i, got := range multiply(tier) {
			if d := math.Abs(float64(got - want[i])); !(d <= tolerance(k, bits)) {
				t.Errorf("%s, %s, %d bits, K %d, job %d, row %d: %v, plain Go %v", tier, typ, bits, k, i/rows, i%rows, got, want[i])
			}
		}
	}
}

// tolerance is for a sum of k products of about 1, in float32.
func tolerance(k, bits int) float64 {
	return 2e-5 * math.Sqrt(float64(k)) * float64(uint(1)<<bits) / 16
}

func compareTiers(t *testing.T, typ dtype.DType, bits int, part Part, k, nx int) {
	const rows, group = 7, 32
	mem := newArena(64 << 10)
	r := rand.New(rand.NewPCG(uint64(bits), uint64(k)))
	codes := mem.codes(r, rows*k*bits/8)
	tile := Tile{codes, mem.values(r, rows*k/group, 0.1, typ), mem.values(r, rows*k/group, 1, typ)}
	xs := mem.values(r, nx*k, 1, typ)
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
			if d := math.Abs(float64(got - want[i])); !(d <= tolerance(k, bits)) {
				t.Errorf("%s, K %d, row %d of activation %d/%d: %v, plain Go %v", tier, k, i%rows, i/rows, nx, got, want[i])
			}
		}
	}
}
