//go:build amd64 && !purego

package simd

import (
	"unsafe"

	"github.com/assay-bench/assay/metal/dtype"
)

// tabledSIMD multiplies rows of a table's codes in assembly, one row of weights with
// one of activations at a time (gen/tabled512.go, gen/tabled2.go).
type tabledSIMD struct {
	kernel tabledRow
	values *uint16
	scales *float32
	terms  int                    // bfloat16 terms of a prepared activation; 0: it is float32
	block  int                    // codes of a block: 32 bytes
	order  func(i int) (code int) // of a block: which code the i-th prepared activation meets
}

type tabledRow func(codes, scales, x *byte, blocks int, values *uint16, scaleOf *float32) float32

// tabled is the way to multiply rows of a table's codes.
func (t Tier) tabled(q *QDot, table *Table) impl {
	s := tabledSIMD{block: 32 * 8 / q.Bits, values: unsafe.SliceData(table.words), scales: &table.Scales[0], order: inOrder}
	switch {
	case table.words == nil || q.K%s.block != 0:
	case t >= AVX512:
		s.terms = terms(q.T)
		s.kernel = tabled512[[2]int{q.Bits, q.Group}][s.terms]
		if q.Bits == 4 {
			s.order = lowFirst
		}
	case t >= AVX2 && q.Bits == 4:
		s.kernel, s.order = tabled2[[2]int{q.Bits, q.Group}], quartered
		s.values = &table.split[0]
	case t >= AVX2 && table.halves != nil:
		s.kernel, s.scales = tabled2[[2]int{q.Bits, q.Group}], &table.halves[0]
	}
	if s.kernel == nil {
		return tabled{table}
	}
	return &s
}

// tabled512 are kernels by bits, group and bfloat16 terms.
var tabled512 = map[[2]int][4]tabledRow{
	{4, 32}: {1: tabled4Groups2Parts1, tabled4Groups2Parts2, tabled4Groups2Parts3},
	{4, 16}: {1: tabled4Groups4Parts1, tabled4Groups4Parts2, tabled4Groups4Parts3},
	{8, 32}: {1: tabled8Parts1, tabled8Parts2, tabled8Parts3},
}

// tabled2 are those with AVX2, by bits and group.
var tabled2 = map[[2]int]tabledRow{{4, 32}: tabled4AVX2Groups2, {4, 16}: tabled4AVX2Groups4, {8, 32}: tabled8AVX2}

func inOrder(i int) int { return i }

// lowFirst: the lower codes of 32 bytes, then the upper ones.
func lowFirst(i int) int { return i%32*2 + i/32 }

// quartered is lowFirst with bytes 0 to 3 and 16 to 19 first, and so on.
func quartered(i int) int {
	half, quarter, lane, at := i/32, i/8%4, i/4%2, i%4
	return 2*(16*lane+4*quarter+at) + half
}

func (s *tabledSIMD) init(q *QDot) {
	size := 4
	if s.terms > 0 {
		size = 2 * s.terms
	}
	q.XBytes = (q.K*size + 63) &^ 63
}

func (s *tabledSIMD) prepare(q *QDot, dst, x unsafe.Pointer, scratch []float32) {
	Load(scratch, x, q.T)
	if s.terms == 0 {
		out := unsafe.Slice((*float32)(dst), q.K)
		for i := range out {
			out[i] = scratch[i/s.block*s.block+s.order(i%s.block)]
		}
		return
	}
	out := unsafe.Slice((*uint16)(dst), q.K*s.terms)
	for b := 0; b < q.K; b += s.block {
		for p := range s.terms {
			part := out[b*s.terms+p*s.block:][:s.block]
			for i := range part {
				v := &scratch[b+s.order(i)]
				term := dtype.BF16.Round(*v)
				part[i] = bfloat(term)
				*v -= term
			}
		}
	}
}

func (s *tabledSIMD) run(q *QDot, jobs []Job, _ Tile, _ *Worker) {
	for j := range jobs {
		a := &jobs[j]
		out := unsafe.Slice(a.Out, (a.NX-1)*a.Ld+a.Rows)
		for r := range a.Rows {
			codes, scales := unsafe.Add(a.Codes, r*q.RowBytes()), unsafe.Add(a.Scales, r*q.ScaleBytes())
			for i := range a.NX {
				out[i*a.Ld+r] = s.kernel((*byte)(codes), (*byte)(scales), (*byte)(a.X[i]), q.K/s.block, s.values, s.scales)
			}
		}
	}
}
