//go:build amd64 && !purego

package simd

import (
	"unsafe"

	"github.com/assay-bench/assay/metal/dtype"
)

// tabled512 is the tier with VDPBF16PS for codes that a table stands for. Prepared
// rows are one to three bfloat16 terms of each activation, in the order in which
// gen/tabled512.go unpacks codes.
type tabled512 struct {
	table  *Table
	kernel tabledRow
}

type tabledRow func(codes, scales, x *byte, blocks int, values *uint16, scaleOf *float32) float32

// tabledBlock is the codes of a block by their bits: 32 bytes.
func tabledBlock(bits int) int { return 32 * 8 / bits }

// tabledKernel is the kernel for a format, nil if there is none.
func tabledKernel(q *QDot, table *Table) tabledRow {
	if table.words == nil || q.K%tabledBlock(q.Bits) != 0 {
		return nil
	}
	i := terms(q.T) - 1
	switch [2]int{q.Bits, q.Group} {
	case [2]int{4, 32}:
		return [...]tabledRow{tabled4Groups2Parts1, tabled4Groups2Parts2, tabled4Groups2Parts3}[i]
	case [2]int{4, 16}:
		return [...]tabledRow{tabled4Groups4Parts1, tabled4Groups4Parts2, tabled4Groups4Parts3}[i]
	case [2]int{8, 32}:
		return [...]tabledRow{tabled8Parts1, tabled8Parts2, tabled8Parts3}[i]
	}
	return nil
}

func (*tabled512) init(q *QDot) { q.XBytes = (2*q.K*terms(q.T) + 63) &^ 63 }

func (*tabled512) prepare(q *QDot, dst, x unsafe.Pointer, scratch []float32) {
	Load(scratch, x, q.T)
	parts, block := terms(q.T), tabledBlock(q.Bits)
	out := unsafe.Slice((*uint16)(dst), q.K*parts)
	for b := 0; b < q.K; b += block {
		for p := range parts {
			part := out[b*parts+p*block:][:block]
			for i := range part {
				v := &scratch[b+tabledOrder(i, q.Bits)]
				term := dtype.BF16.Round(*v)
				part[i] = bfloat(term)
				*v -= term
			}
		}
	}
}

// tabledOrder is which code of a block the i-th activation meets: of 4 bits, the lower
// ones of all bytes come first.
func tabledOrder(i, bits int) int {
	if bits == 4 {
		return i%32*2 + i/32
	}
	return i
}

func (t *tabled512) run(q *QDot, jobs []Job, _ Tile, _ *Worker) {
	blocks := q.K / tabledBlock(q.Bits)
	for j := range jobs {
		a := &jobs[j]
		out := unsafe.Slice(a.Out, (a.NX-1)*a.Ld+a.Rows)
		for r := range a.Rows {
			codes, scales := unsafe.Add(a.Codes, r*q.RowBytes()), unsafe.Add(a.Scales, r*q.ScaleBytes())
			for i := range a.NX {
				out[i*a.Ld+r] = t.kernel((*byte)(codes), (*byte)(scales), (*byte)(a.X[i]), blocks, &t.table.words[0], &t.table.Scales[0])
			}
		}
	}
}
