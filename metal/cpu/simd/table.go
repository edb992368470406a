package simd

import (
	"math"
	"unsafe"

	"github.com/assay-bench/assay/metal/dtype"
)

// Table is what codes and scales stand for, of formats where neither is a number by
// itself: a weight is Codes[code]·Scales[scale], with a byte for each scale.
type Table struct {
	Codes, Scales []float32

	// For kernels; nil where Codes are no bfloat16.
	words  []uint16  // Codes as bfloat16
	split  []uint16  // of 16 codes: the lower bytes of all words, then the upper ones
	halves []float32 // of 256 codes: Scales of the float16 that the bits of codes are
}

// NewTable makes a table of what all codes and all 256 scales stand for.
func NewTable(codes, scales []float32) *Table {
	t := &Table{Codes: codes, Scales: scales}
	for i, v := range codes {
		mirrored := len(codes) < 256 || v == -codes[(i+128)%256]
		if dtype.BF16.Round(v) != v || !mirrored {
			return t
		}
	}
	t.words = make([]uint16, max(32, len(codes)/2)) // of 8 bits, the sign is the first
	for i := range t.words {
		t.words[i] = bfloat(codes[i%len(codes)])
	}
	t.split = make([]uint16, 16)
	for i := range 8 {
		a, b := t.words[2*i], t.words[2*i+1]
		t.split[i], t.split[8+i] = a&0xFF|b<<8, a>>8|b&0xFF00
	}
	t.halves = halves(codes, scales)
	return t
}

// halves are scales with which codes can be read as the sign and the upper bits of a
// float16; nil if they cannot.
func halves(codes, scales []float32) []float32 {
	if len(codes) != 256 {
		return nil
	}
	half := func(code int) float32 {
		bits := uint16(code<<7&0x3F80 | code<<8&0x8000)
		return Load1(unsafe.Pointer(&bits), 0, dtype.F16)
	}
	factor := codes[64] / half(64)
	for i, v := range codes {
		if v != half(i)*factor {
			return nil
		}
	}
	list := make([]float32, len(scales))
	for i, s := range scales {
		list[i] = s * factor
	}
	return list
}

// bfloat is a bfloat16, exact, in its memory form.
func bfloat(v float32) uint16 { return uint16(math.Float32bits(v) >> 16) }

// NewTabled is NewQDot for codes and scales of a table.
func NewTabled(tier Tier, table *Table, bits, group, k int, t dtype.DType) QDot {
	q := QDot{Bits: bits, Group: group, K: k, T: t, scaleSize: 1}
	q.impl = tier.tabled(&q, table)
	q.impl.init(&q)
	return q
}

// Row writes len(dst) weights whose codes and scales begin at the addresses.
func (t *Table) Row(dst []float32, codes, scales unsafe.Pointer, bits, group int) {
	b := unsafe.Slice((*byte)(codes), len(dst)*bits/8)
	for g, s := range unsafe.Slice((*byte)(scales), len(dst)/group) {
		scale, out := t.Scales[s], dst[g*group:(g+1)*group]
		in := b[g*group*bits/8 : (g+1)*group*bits/8]
		switch bits {
		case 8:
			for i, c := range in {
				out[i] = t.Codes[c] * scale
			}
		case 4:
			for i, c := range in {
				out[2*i], out[2*i+1] = t.Codes[c&15]*scale, t.Codes[c>>4]*scale
			}
		default:
			Codes(out, unsafe.Pointer(&in[0]), bits)
			for i, c := range out {
				out[i] = t.Codes[int(c)] * scale
			}
		}
	}
}

// tabled unpacks a row of weights for all rows of activations, which are K floats.
type tabled struct{ table *Table }

func (tabled) init(q *QDot) { q.XBytes = (4*q.K + 63) &^ 63 }

func (tabled) prepare(q *QDot, dst, x unsafe.Pointer, _ []float32) {
	Load(unsafe.Slice((*float32)(dst), q.K), x, q.T)
}

func (t tabled) run(q *QDot, jobs []Job, _ Tile, w *Worker) {
	row := w.floats[:q.K]
	for j := range jobs {
		a := &jobs[j]
		out := unsafe.Slice(a.Out, (a.NX-1)*a.Ld+a.Rows)
		for r := range a.Rows {
			t.table.Row(row, unsafe.Add(a.Codes, r*q.RowBytes()), unsafe.Add(a.Scales, r*q.ScaleBytes()), q.Bits, q.Group)
			for i := range a.NX {
				out[i*a.Ld+r] = Dot(row, unsafe.Slice((*float32)(a.X[i]), q.K))
			}
		}
	}
}
