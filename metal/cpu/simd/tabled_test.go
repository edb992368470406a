package simd

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"unsafe"

	"github.com/assay-bench/assay/metal/dtype"
)

// TestTabledTiers holds every tier to products in float64, for tables of any
// numbers: those of a format are package quant's.
func TestTabledTiers(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	table := func(n int) *Table {
		codes, scales := make([]float32, n), make([]float32, 256)
		for i := range codes {
			codes[i] = dtype.BF16.Round(float32(r.NormFloat64()))
			if n == 256 && i >= 128 {
				codes[i] = -codes[i-128]
			}
		}
		for i := range scales {
			scales[i] = float32(r.NormFloat64())
		}
		return NewTable(codes, scales)
	}
	tables := map[int]*Table{4: table(16), 6: table(64), 8: table(256)}
	bits := make([]float32, 256) // 8 bits as a format has them: an exponent of 4 and a mantissa of 3
	for i := range bits {
		bits[i] = float32(math.Ldexp(float64(8+i%8), i/8%16-10))
		if i/8%16 == 0 {
			bits[i] = float32(math.Ldexp(float64(i%8), -9))
		}
		if i >= 128 {
			bits[i] = -bits[i]
		}
	}
	if likeHalves := NewTable(bits, tables[8].Scales); likeHalves.halves == nil {
		t.Error("codes are not taken for float16")
	} else {
		tables[80] = likeHalves
	}
	for _, typ := range dtype.All() {
		for _, f := range [][2]int{{4, 32}, {4, 16}, {8, 32}, {80, 32}, {6, 32}, {8, 64}} {
			for _, k := range []int{32, 64, 192, 2048} {
				for tier := Go; tier <= Best(); tier++ {
					t.Run(fmt.Sprintf("%s/b%d/g%d/k%d/%s", typ, f[0], f[1], k, tier), func(t *testing.T) {
						if k%f[1] == 0 {
							compareTabled(t, r, tier, tables[f[0]], typ, min(f[0], 8), f[1], k)
						}
					})
				}
			}
		}
	}
	codes := make([]float32, 16)
	codes[3] = 1 + 0x1p-20
	if NewTable(codes, codes).words != nil {
		t.Error("kernels would round codes to bfloat16")
	}
}

func compareTabled(t *testing.T, r *rand.Rand, tier Tier, table *Table, typ dtype.DType, bits, group, k int) {
	const rows, nx = 5, 3
	mem := newArena(256 << 10)
	q := NewTabled(tier, table, bits, group, k, typ)
	codes, scales := mem.codes(r, rows*q.RowBytes()), mem.codes(r, rows*q.ScaleBytes())
	w := NewWorker(make([]float32, q.WorkerFloats()))
	out := make([]float32, rows*nx)
	job := Job{Tile: Tile{Codes: codes, Scales: scales}, Out: &out[0], NX: nx, Rows: rows, Ld: rows}
	var x [nx]unsafe.Pointer
	for i := range nx {
		x[i] = mem.values(r, k, 1, typ)
		job.X[i] = mem.aligned(q.XBytes)
		q.Prepare(job.X[i], x[i], w)
	}
	q.Run([]Job{job}, Tile{}, w)
	weights := make([]float32, k)
	for row := range rows {
		table.Row(weights, unsafe.Add(codes, row*q.RowBytes()), unsafe.Add(scales, row*q.ScaleBytes()), bits, group)
		for i := range nx {
			var want, size float64
			for j, v := range weights {
				p := float64(v) * float64(Load1(x[i], j, typ))
				want, size = want+p, size+math.Abs(p)
			}
			if got := float64(out[i*rows+row]); math.Abs(got-want) > 2e-6*size {
				t.Fatalf("row %d of activations %d: %g, want %g of terms that sum to %g", row, i, got, want, size)
			}
		}
	}
}
