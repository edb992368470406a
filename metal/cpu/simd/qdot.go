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
	part           Part
	impl           impl
	consts         any // what the tier precomputes
}

// impl is one tier's way to prepare activations and multiply rows.
type impl interface {
	init(q *QDot) // sets XBytes and consts
	prepare(q *QDot, dst, x unsafe.Pointer, scratch []float32)
	rows(q *QDot, a *RowArgs)
}

// RowArgs names the memory of one call of Rows.
type RowArgs struct {
	Tile                         // first row; the others follow
	Rows    int                  // how many rows of weights
	X       [MaxX]unsafe.Pointer // prepared rows
	NX      int                  // how many of them, 1 … MaxX
	Out     *float32             // Out[x*Ld + row] is written
	Ld      int
	Next    Tile      // what will be read after these rows, to prefetch, or zero
	Scratch []float32 // K floats
	frame   frame
	frame2  frame2
}

// Tile is where rows of weights begin.
type Tile struct{ Codes, Scales, Biases unsafe.Pointer }

// NewQDot fixes the format. K must be a multiple of group; the pair of bits
// and group must be one that affine quantization has.
func NewQDot(tier Tier, part Part, bits, group, k int, t dtype.DType) QDot {
	q := QDot{Bits: bits, Group: group, K: k, T: t, part: part}
	q.impl = tier.impl(&q)
	q.impl.init(&q)
	return q
}

// RowBytes is the size of one row of codes; ScaleBytes of its scales.
func (q *QDot) RowBytes() int   { return q.K * q.Bits / 8 }
func (q *QDot) ScaleBytes() int { return q.K / q.Group * q.T.Size() }

// Prepare reads K activations of dtype T at x and writes XBytes at dst, with
// K floats of scratch. Rows of any Part of a format take the same prepared rows.
func (q *QDot) Prepare(dst, x unsafe.Pointer, scratch []float32) {
	q.impl.prepare(q, dst, x, scratch)
}

// Rows computes Out[i·Ld+r] = Σ_k w[r,k]·x[i,k] in float32 with
// w = code·scale + bias, for a.Rows rows and a.NX activations.
func (q *QDot) Rows(a *RowArgs) { q.impl.rows(q, a) }
