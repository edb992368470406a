//go:build amd64 && !purego

package simd

import (
	"unsafe"

	"github.com/assay-bench/assay/metal/dtype"
)

// avx512 is the tier with VDPBF16PS. Activations are prepared as one to three
// bfloat16 terms in the order of the unpacked codes, then one float32 sum per
// group; gen/qdot512.go says how the codes meet them.
type avx512 struct{}

// block is the codes of one step of the assembly; K must be a multiple.
const block = 128

// consts512 is what a format needs. Assembly reads the fields up to shift;
// gen/qdot512.go knows their offsets.
type consts512 struct {
	blocks, scaleStep, groups, sums int
	rowBytes, scaleRow              int
	table                           [64]uint16 // two vectors of bfloat16, by index
	scaleIdx                        [2][64]byte
	gather                          [2][64]byte
	shift                           [4][64]byte

	terms   int // bfloat16 of one activation
	pick    [5][32]uint16
	kernels *[4]func(jobs, consts *byte)
	prepare func(dst, x *byte, blocks int, pick *byte)
}

// terms is how many bfloat16 make an activation exact.
func terms(t dtype.DType) int { return [...]int{3, 2, 1}[t] }

func (avx512) init(q *QDot) {
	c := &consts512{
		blocks: q.K / block, scaleStep: block / q.Group * q.T.Size(),
		groups: q.K / q.Group, terms: terms(q.T), sums: q.K * 2 * terms(q.T),
		rowBytes: q.RowBytes(), scaleRow: q.ScaleBytes(),
		kernels: &qdots[q.Bits][q.T], prepare: prepares[q.Bits/8][q.T],
	}
	if q.part == Low {
		c.groups = 0
	}
	c.fillTable(q)
	c.fillScaleIdx(q)
	c.fillUnpack(q.Bits)
	c.fillPick(q.Bits)
	q.consts = c
	q.XBytes = c.sums + (4*q.K/q.Group+63)&^63
}

// fillTable: what an index stands for, the bits that the part leaves out
// cleared. Four bits of a word count for 4 and 8 bits (low and high half of
// a byte then have a table each), five for 2, 3 and 5, six for 6.
func (c *consts512) fillTable(q *QDot) {
	bf16 := func(v uint32) uint16 { return dtype.F32ToBF16(float32(v)) }
	for i := range uint32(32) {
		switch q.Bits {
		case 8:
			c.table[i], c.table[32+i] = bf16(i&15&q.mask()), bf16(i&15<<4&q.mask())
		case 6:
			c.table[i], c.table[32+i] = bf16(i&q.mask()), bf16((32+i)&q.mask())
		default:
			c.table[i] = bf16(i & q.mask())
		}
	}
}

// fillScaleIdx: lane d holds codes 8d … 8d+7 of a block, or with 8 bits codes
// 4d … 4d+3 of each half of it.
func (c *consts512) fillScaleIdx(q *QDot) {
	for s := range 2 {
		idx := &c.scaleIdx[s]
		for d := range 16 {
			group := 8 * d / q.Group
			if q.Bits == 8 {
				group = (64*s + 4*d) / q.Group
			}
			switch q.T {
			case dtype.F32:
				idx[4*d] = byte(group)
			case dtype.F16:
				idx[2*d] = byte(group)
			case dtype.BF16:
				idx[4*d+2] = byte(group) // the upper word; the lower one becomes zero
			}
		}
	}
}

// fillUnpack: qword j gathers the bytes of codes 16j … 16j+15, in two halves
// where they would not fit.
func (c *consts512) fillUnpack(bits int) {
	halves := 1
	if bits > 4 {
		halves = 2
	}
	n := 2 * bits / halves // bytes gathered per qword
	for h := range halves {
		for j := range 8 {
			for t := range n {
				c.gather[h][8*j+t] = byte(2*bits*j + n*h + t)
			}
		}
	}
	for i := range 4 / halves {
		for b := range 64 {
			c.shift[i][b] = byte(bits * (4*i + b%8/2))
		}
	}
}

// fillPick is the order of activations that goes with fillUnpack, with the
// shifts of 4-bit words, and with the halves of 8-bit codes.
func (c *consts512) fillPick(bits int) {
	for w := range 32 {
		c.pick[0][w] = uint16(2*w + 1)
		for v := range 4 {
			switch bits {
			case 4:
				c.pick[1+v][w] = uint16((4*w + v) % 64)
			case 8:
				c.pick[1+v][w] = uint16(2*w + v%2)
			default:
				c.pick[1+v][w] = uint16((16*(w/4) + 4*v + w%4) % 64)
			}
		}
	}
}

func (avx512) prepare(q *QDot, dst, x unsafe.Pointer, scratch []float32) {
	c := q.consts.(*consts512)
	f := scratch[:q.K]
	Load(f, x, q.T)
	c.prepare((*byte)(dst), (*byte)(unsafe.Pointer(&f[0])), q.K/block, (*byte)(unsafe.Pointer(&c.pick)))
	groups := q.K / q.Group
	sums := unsafe.Slice((*float32)(unsafe.Add(dst, c.sums)), (groups+15)&^15)
	clear(sums[groups:])
	groupSums(sums[:groups], f, q.Group)
}

// Codes are prefetched nearBytes ahead into the first level of cache, which
// has few misses in flight at a time, and farBytes beyond those into the
// second, to fill the memory's bandwidth.
const (
	nearBytes = 5 << 10
	farBytes  = 10 << 10
)

func (t avx512) run(q *QDot, jobs []Job, next Tile, w *Worker) {
	c := q.consts.(*consts512)
	if !oneEach(jobs) {
		for i := range jobs {
			after := next
			if i+1 < len(jobs) {
				after = jobs[i+1].Tile
			}
			t.wide(c, &jobs[i], after, w)
		}
		return
	}
	for i := range jobs {
		after := next
		if i+1 < len(jobs) {
			after = jobs[i+1].Tile
		}
		jobs[i].begin(c, jobs[i].Rows, after)
		jobs[i].more = 1
	}
	jobs[len(jobs)-1].more = 0
	c.kernels[1]((*byte)(unsafe.Pointer(&jobs[0])), (*byte)(unsafe.Pointer(c)))
}

// oneEach: every job has one activation and rows by fours, so that assembly
// can go from job to job.
func oneEach(jobs []Job) bool {
	for i := range jobs {
		if jobs[i].NX != 1 || jobs[i].Rows%4 != 0 {
			return false
		}
	}
	return true
}

// wide runs one job of any shape, as many activations at a time as pays.
func (avx512) wide(c *consts512, j *Job, next Tile, w *Worker) {
	part := &w.job[0]
	for x := 0; x < j.NX; {
		s := &shapes[1]
		switch left := j.NX - x; {
		case left >= 4 && c.terms == 1:
			s = &shapes[3]
		case left >= 2:
			s = &shapes[2]
		}
		after := next
		if x+s.nx < j.NX {
			after = j.Tile
		}
		rows := j.Rows / s.nr * s.nr
		if rows > 0 {
			part.slice(c, j, 0, rows, x, s.nx)
			part.begin(c, rows, after)
			c.kernels[s.kernel]((*byte)(unsafe.Pointer(part)), (*byte)(unsafe.Pointer(c)))
		}
		for ; rows < j.Rows; rows++ {
			for i := range s.nx {
				part.slice(c, j, rows, 1, x+i, 1)
				part.begin(c, 1, after)
				c.kernels[0]((*byte)(unsafe.Pointer(part)), (*byte)(unsafe.Pointer(c)))
			}
		}
		x += s.nx
	}
}

// shapes are the kernels' rows of weights and of activations.
var shapes = [4]struct{ kernel, nr, nx int }{{0, 1, 1}, {1, 4, 1}, {2, 4, 2}, {3, 2, 4}}

// slice makes j n rows of whole from row r on, with nx activations from x on.
func (j *Job) slice(c *consts512, whole *Job, r, n, x, nx int) {
	j.Codes = unsafe.Add(whole.Codes, r*c.rowBytes)
	j.Scales = unsafe.Add(whole.Scales, r*c.scaleRow)
	j.Biases = unsafe.Add(whole.Biases, r*c.scaleRow)
	j.Out = (*float32)(unsafe.Add(unsafe.Pointer(whole.Out), 4*(x*whole.Ld+r)))
	j.Ld = whole.Ld
	for i := range nx {
		j.X[i] = whole.X[x+i]
	}
}

// begin sets the cursor of n rows: prefetch the rest of these codes, then next.
func (j *Job) begin(c *consts512, n int, next Tile) {
	if next.Codes == nil {
		next = j.Tile
	}
	size := n * c.rowBytes
	j.out, j.rows, j.ld = j.Out, n, 4*j.Ld
	j.ahead = unsafe.Add(j.Codes, min(nearBytes, size))
	j.far, j.farEnd = farBytes, unsafe.Add(j.Codes, size-farBytes)
	j.end = unsafe.Add(j.Codes, size)
	j.jump = int(uintptr(next.Codes) - uintptr(j.end))
	j.more = 0
}

// qdots are the kernels by bits, type and shape.
var qdots = [9][3][4]func(jobs, consts *byte){
	2: {{qdotB2f32R1X1, qdotB2f32R4X1, qdotB2f32R4X2, qdotB2f32R2X4}, {qdotB2f16R1X1, qdotB2f16R4X1, qdotB2f16R4X2, qdotB2f16R2X4}, {qdotB2bf16R1X1, qdotB2bf16R4X1, qdotB2bf16R4X2, qdotB2bf16R2X4}},
	3: {{qdotB3f32R1X1, qdotB3f32R4X1, qdotB3f32R4X2, qdotB3f32R2X4}, {qdotB3f16R1X1, qdotB3f16R4X1, qdotB3f16R4X2, qdotB3f16R2X4}, {qdotB3bf16R1X1, qdotB3bf16R4X1, qdotB3bf16R4X2, qdotB3bf16R2X4}},
	4: {{qdotB4f32R1X1, qdotB4f32R4X1, qdotB4f32R4X2, qdotB4f32R2X4}, {qdotB4f16R1X1, qdotB4f16R4X1, qdotB4f16R4X2, qdotB4f16R2X4}, {qdotB4bf16R1X1, qdotB4bf16R4X1, qdotB4bf16R4X2, qdotB4bf16R2X4}},
	5: {{qdotB5f32R1X1, qdotB5f32R4X1, qdotB5f32R4X2, qdotB5f32R2X4}, {qdotB5f16R1X1, qdotB5f16R4X1, qdotB5f16R4X2, qdotB5f16R2X4}, {qdotB5bf16R1X1, qdotB5bf16R4X1, qdotB5bf16R4X2, qdotB5bf16R2X4}},
	6: {{qdotB6f32R1X1, qdotB6f32R4X1, qdotB6f32R4X2, qdotB6f32R2X4}, {qdotB6f16R1X1, qdotB6f16R4X1, qdotB6f16R4X2, qdotB6f16R2X4}, {qdotB6bf16R1X1, qdotB6bf16R4X1, qdotB6bf16R4X2, qdotB6bf16R2X4}},
	8: {{qdotB8f32R1X1, qdotB8f32R4X1, qdotB8f32R4X2, qdotB8f32R2X4}, {qdotB8f16R1X1, qdotB8f16R4X1, qdotB8f16R4X2, qdotB8f16R2X4}, {qdotB8bf16R1X1, qdotB8bf16R4X1, qdotB8bf16R4X2, qdotB8bf16R2X4}},
}

// prepares are by order (8-bit codes have their own) and type.
var prepares = [2][3]func(dst, x *byte, blocks int, pick *byte){
	{prepareInterleaved3, prepareInterleaved2, prepareInterleaved1},
	{prepareHalves3, prepareHalves2, prepareHalves1},
}
