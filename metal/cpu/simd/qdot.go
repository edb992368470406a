package simd

import (
	"unsafe"

	"github.com/assay-bench/assay/metal/dtype"
)

// MaxX is the most prepared rows of activations one call of Rows takes.
const MaxX = 4

// Part says which bits of the codes a dot product sees.
type Part uint8

// Whole codes, or the two parts of progressive SwiGLU: the high two bits (the
// others cleared), and what they leave out. Low leaves the biases out too, so
// that High + Low = Whole.
const (
	Whole Part = iota
	High
	Low
)

// QDot is a dot product of quantized rows of K codes with activations, every
// choice made. The zero value is of no use; see NewQDot.
type QDot struct {
	Bits, Group, K int
	T              dtype.DType // of activations, scales and biases
	XBytes         int         // size of one prepared row, a multiple of 64
	tier           Tier
	table          *[64]uint32 // what a code stands for, in the tier's own form
	impl           impl
}

// impl is one tier's way to prepare activations and multiply rows.
type impl interface {
	xBytes(q *QDot) int
	table(q *QDot, part Part) *[64]uint32
	prepare(q *QDot, dst, x unsafe.Pointer)
	rows(q *QDot, a *RowArgs)
}

// RowArgs names the memory of one call of Rows.
type RowArgs struct {
	Codes, Scales, Biases unsafe.Pointer       // first row; the others follow
	Rows                  int                  // how many rows of weights
	X                     [MaxX]unsafe.Pointer // prepared rows
	NX                    int                  // how many of them, 1 … MaxX
	Out                   *float32             // Out[x*Ld + row] is written
	Ld                    int
	Next                  unsafe.Pointer // codes that will be read after these, to prefetch; may be nil
	Scratch               []float32      // K floats for plain Go
}

// NewQDot fixes the format. K must be a multiple of group; the pair of bits
// and group must be one that affine quantization has.
func NewQDot(tier Tier, part Part, bits, group, k int, t dtype.DType) QDot {
	q := QDot{Bits: bits, Group: group, K: k, T: t, tier: tier}
	q.impl = implFor(&q)
	q.table = q.impl.table(&q, part)
	q.XBytes = (q.impl.xBytes(&q) + 63) &^ 63
	return q
}

// RowBytes is the size of one row of codes; ScaleBytes of its scales.
func (q *QDot) RowBytes() int   { return q.K * q.Bits / 8 }
func (q *QDot) ScaleBytes() int { return q.K / q.Group * q.T.Size() }

// Prepare reads K activations of dtype T at x and writes XBytes at dst.
// Rows of any Part of the same format take the same prepared rows.
func (q *QDot) Prepare(dst, x unsafe.Pointer) { q.impl.prepare(q, dst, x) }

// Rows computes Out[i·Ld+r] = Σ_k w[r,k]·x[i,k] in float32 with
// w = code·scale + bias, for a.Rows rows and a.NX activations.
func (q *QDot) Rows(a *RowArgs) { q.impl.rows(q, a) }
