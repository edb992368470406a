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
	scaleSize      int // bytes of a scale
}

// impl is one tier's way to prepare activations and multiply rows.
type impl interface {
	init(q *QDot) // sets XBytes and consts
	prepare(q *QDot, dst, x unsafe.Pointer, scratch []float32)
	run(q *QDot, jobs []Job, next Tile, w *Worker)
}

// Tile is where rows of weights begin.
type Tile struct{ Codes, Scales, Biases unsafe.Pointer }

// Job is rows of weights to multiply with activations. Assembly reads it;
// gen/qdot512.go knows the offsets.
type Job struct {
	Tile                      // first row; the others follow
	Out  *float32             // Out[x*Ld + row] is written
	X    [MaxX]unsafe.Pointer // prepared rows
	NX   int                  // how many of them, 1 … MaxX
	Rows int                  // how many rows of weights, at least 1
	Ld   int

	cursor
}

// cursor is where assembly is in a job. Its addresses may lie outside of what
// the job points to, so they are no pointers.
type cursor struct {
	out        uintptr
	rows, ld   int
	ahead, end uintptr
	jump, more int
	far        int
	farEnd     uintptr
}

// Worker is what one thread needs to run jobs.
type Worker struct {
	floats []float32 // 2K
	job    [1]Job
	frame2 frame2
}

// WorkerFloats is how much scratch a Worker of this format takes.
func (q *QDot) WorkerFloats() int { return 2 * q.K }

// NewWorker makes one that uses scratch of WorkerFloats.
func NewWorker(scratch []float32) *Worker { return &Worker{floats: scratch} }

// NewQDot fixes the format. K must be a multiple of group; the pair of bits
// and group must be one that affine quantization has.
func NewQDot(tier Tier, part Part, bits, group, k int, t dtype.DType) QDot {
	q := QDot{Bits: bits, Group: group, K: k, T: t, part: part, scaleSize: t.Size()}
	q.impl = tier.impl(&q)
	q.impl.init(&q)
	return q
}

// RowBytes is the size of one row of codes.
func (q *QDot) RowBytes() int { return q.K * q.Bits / 8 }

// ScaleBytes is the size of one row of scales, or of biases.
func (q *QDot) ScaleBytes() int { return q.K / q.Group * q.scaleSize }

// Prepare reads K activations of dtype T at x and writes XBytes at dst. Rows of
// any Part of a format take the same prepared rows.
func (q *QDot) Prepare(dst, x unsafe.Pointer, w *Worker) {
	q.impl.prepare(q, dst, x, w.floats[:q.K])
}

// Run computes each job's Out[i·Ld+r] = Σ_k w[r,k]·x[i,k] in float32 with
// w = code·scale + bias. The end of the last job is spent fetching next, which
// may be zero.
func (q *QDot) Run(jobs []Job, next Tile, w *Worker) { q.impl.run(q, jobs, next, w) }
