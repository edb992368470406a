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

// frame is the assembly's argument; gen/qdot512.go knows its offsets.
type frame struct {
	codes, scales, biases unsafe.Pointer
	out                   *float32
	x                     [MaxX]unsafe.Pointer
	table                 *[64]uint16
	scaleIdx              *[2][64]byte
	gather                *[2][64]byte
	shift                 *[4][64]byte
	rows, blocks          int
	ld, scaleStep         int
	groups, sums          int
}

// consts512 is the vectors that a format needs.
type consts512 struct {
	table    [64]uint16 // two vectors of bfloat16, by index
	scaleIdx [2][64]byte
	gather   [2][64]byte
	shift    [4][64]byte
	pick     [5][32]uint16
	rows     *[3]func(*byte)
	prepare  func(dst, x *byte, blocks int, pick *byte)
	sums     int // where they start in a prepared row
}

// terms is how many bfloat16 make an activation exact.
func terms(t dtype.DType) int { return [...]int{3, 2, 1}[t] }

func (avx512) init(q *QDot) {
	c := &consts512{
		rows:    &qdots[q.Bits][q.T],
		prepare: prepares[q.Bits/8][q.T],
		sums:    q.K * 2 * terms(q.T),
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

func (avx512) rows(q *QDot, a *RowArgs) {
	c := q.consts.(*consts512)
	f := &a.frame
	f.codes, f.scales, f.biases = a.Codes, a.Scales, a.Biases
	f.table, f.scaleIdx, f.gather, f.shift = &c.table, &c.scaleIdx, &c.gather, &c.shift
	f.rows, f.blocks, f.ld = a.Rows, q.K/block, 4*a.Ld
	f.scaleStep, f.sums = block/q.Group*q.T.Size(), c.sums
	f.groups = q.K / q.Group
	if q.part == Low {
		f.groups = 0
	}
	for i := 0; i < a.NX; {
		n, kernel := 1, 0
		switch left := a.NX - i; {
		case left >= 4:
			n, kernel = 4, 2
		case left >= 2:
			n, kernel = 2, 1
		}
		copy(f.x[:], a.X[i:i+n])
		f.out = (*float32)(unsafe.Add(unsafe.Pointer(a.Out), 4*i*a.Ld))
		c.rows[kernel]((*byte)(unsafe.Pointer(f)))
		i += n
	}
}

// qdots are the kernels by bits, type, and one, two or four activations.
var qdots = [9][3][3]func(*byte){
	2: {{qdotB2f32X1, qdotB2f32X2, qdotB2f32X4}, {qdotB2f16X1, qdotB2f16X2, qdotB2f16X4}, {qdotB2bf16X1, qdotB2bf16X2, qdotB2bf16X4}},
	3: {{qdotB3f32X1, qdotB3f32X2, qdotB3f32X4}, {qdotB3f16X1, qdotB3f16X2, qdotB3f16X4}, {qdotB3bf16X1, qdotB3bf16X2, qdotB3bf16X4}},
	4: {{qdotB4f32X1, qdotB4f32X2, qdotB4f32X4}, {qdotB4f16X1, qdotB4f16X2, qdotB4f16X4}, {qdotB4bf16X1, qdotB4bf16X2, qdotB4bf16X4}},
	5: {{qdotB5f32X1, qdotB5f32X2, qdotB5f32X4}, {qdotB5f16X1, qdotB5f16X2, qdotB5f16X4}, {qdotB5bf16X1, qdotB5bf16X2, qdotB5bf16X4}},
	6: {{qdotB6f32X1, qdotB6f32X2, qdotB6f32X4}, {qdotB6f16X1, qdotB6f16X2, qdotB6f16X4}, {qdotB6bf16X1, qdotB6bf16X2, qdotB6bf16X4}},
	8: {{qdotB8f32X1, qdotB8f32X2, qdotB8f32X4}, {qdotB8f16X1, qdotB8f16X2, qdotB8f16X4}, {qdotB8bf16X1, qdotB8bf16X2, qdotB8bf16X4}},
}

// prepares are by order (8-bit codes have their own) and type.
var prepares = [2][3]func(dst, x *byte, blocks int, pick *byte){
	{prepareInterleaved3, prepareInterleaved2, prepareInterleaved1},
	{prepareHalves3, prepareHalves2, prepareHalves1},
}
