package simd

import (
	"fmt"
	"testing"
	"time"

	"github.com/assay-bench/assay/metal/dtype"
)

// BenchmarkRowsHot multiplies a tile that stays in the second level cache: the
// arithmetic alone, best of many.
func BenchmarkRowsHot(b *testing.B) {
	for _, t := range []dtype.DType{dtype.BF16, dtype.F16, dtype.F32} {
		for _, bits := range []int{2, 3, 4, 5, 6, 8} {
			for _, nx := range []int{1, 2, 4} {
				for _, k := range []int{2048, 768} {
					b.Run(fmt.Sprintf("%s/b%d/x%d/k%d", t, bits, nx, k), func(b *testing.B) { benchHot(b, t, bits, nx, k) })
				}
			}
		}
	}
}

func benchHot(b *testing.B, t dtype.DType, bits, nx, k int) {
	const n, group = 32, 64
	q := NewQDot(Best(), Whole, bits, group, k, t)
	mem := newArena(256 << 10).aligned
	w := NewWorker(make([]float32, q.WorkerFloats()))
	jobs := []Job{{Tile: Tile{mem(n * q.RowBytes()), mem(n * q.ScaleBytes()), mem(n * q.ScaleBytes())}, Rows: n, NX: nx, Ld: n}}
	jobs[0].Out = &make([]float32, n*nx)[0]
	for i := range nx {
		jobs[0].X[i] = mem(q.XBytes)
		q.Prepare(jobs[0].X[i], mem(k*4), w)
	}
	best := time.Duration(1 << 62)
	for range b.N {
		start := time.Now()
		for range 4 {
			q.Run(jobs, Tile{}, w)
		}
		best = min(best, time.Since(start)/4)
	}
	b.ReportMetric(float64(n*q.RowBytes()+2*n*q.ScaleBytes())/float64(best.Nanoseconds()), "GB/s")
	b.ReportMetric(float64(n*k*nx)/float64(best.Nanoseconds()), "GMAC/s")
	b.ReportMetric(float64(best.Nanoseconds())/float64(n*k/128), "ns/block")
	b.ReportMetric(0, "ns/op")
}
