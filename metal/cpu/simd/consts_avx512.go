//go:build amd64 && !purego

package simd

import (
	"math"

	"github.com/assay-bench/assay/metal/dtype"
)

// block is the codes of one step of the assembly; K must be a multiple.
const block = 128

// consts512 is what a format needs. Assembly reads the fields up to base;
// gen/qdot512.go knows their offsets.
type consts512 struct {
	blocks, scaleStep, groups, sums int
	rowBytes, scaleRow              int
	table                           [64]uint16 // two vectors of bfloat16, by index
	scaleIdx                        [2][64]byte
	gather                          [2][64]byte
	shift                           [4][64]byte
	mask, base                      [32]uint16 // of 4-bit codes, see gen/nibbles512.go

	four    bool // four activations at a time pay
	pick    [5][32]uint16
	kernels *[4]func(jobs, consts *byte)
	prepare func(dst, x *byte, blocks int, pick *byte)
}

// terms is how many bfloat16 make an activation exact.
func terms(t dtype.DType) int { return [...]int{3, 2, 1}[t] }

// xBlock is the bytes of a block of a prepared row.
func xBlock(q *QDot) int {
	switch {
	case q.Bits == 4 && q.T == dtype.F32:
		return 4 * block
	case q.Bits == 4 && q.T == dtype.BF16:
		return 2*block + 64
	}
	return 2 * block * terms(q.T)
}

func (avx512) init(q *QDot) {
	c := &consts512{
		blocks: q.K / block, scaleStep: block / q.Group * q.T.Size(),
		groups: q.K / q.Group, sums: q.K / block * xBlock(q),
		rowBytes: q.RowBytes(), scaleRow: q.ScaleBytes(),
		kernels: &qdots[q.Bits][q.T], prepare: prepares[q.Bits][q.T],
		four: q.T == dtype.BF16 || q.T == dtype.F32 && q.Bits == 4,
	}
	if q.part == Low {
		c.groups = 0
	}
	c.fillTable(q)
	if q.Bits == 4 {
		c.fillMask(q)
	}
	c.fillScaleIdx(q)
	c.fillUnpack(q.Bits)
	c.fillPick(q)
	q.consts = c
	q.XBytes = c.sums + (4*q.K/q.Group+63)&^63
}

// fillTable: what an index stands for, the bits that the part leaves out
// cleared. Four bits of a word count for 4 and 8 bits (low and high half of
// a byte then have a table each), five for 2, 3 and 5, six for 6.
// Codes of 4 bits with float32 activations have a float32 table.
func (c *consts512) fillTable(q *QDot) {
	bf16 := func(v uint32) uint16 { return dtype.F32ToBF16(float32(v)) }
	for i := range uint32(32) {
		switch {
		case q.Bits == 4 && q.T == dtype.F32:
			bits := math.Float32bits(float32(i & 15 & q.mask()))
			c.table[2*i], c.table[2*i+1] = uint16(bits), uint16(bits>>16)
		case q.Bits == 8:
			c.table[i], c.table[32+i] = bf16(i&15&q.mask()), bf16(i&15<<4&q.mask())
		case q.Bits == 6:
			c.table[i], c.table[32+i] = bf16(i&q.mask()), bf16((32+i)&q.mask())
		default:
			c.table[i] = bf16(i & q.mask())
		}
	}
}

// fillMask: which bits of nibble 0 of a word the part keeps, and the bfloat16
// that they are put into.
func (c *consts512) fillMask(q *QDot) {
	for i := range c.mask {
		c.mask[i], c.base[i] = uint16(q.mask()), dtype.F32ToBF16(128)
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
func (c *consts512) fillPick(q *QDot) {
	if q.Bits == 4 && q.T == dtype.F32 {
		for i := range uint16(32) { // lane numbers, of 32 bits each
			c.pick[i/16][2*(i%16)] = i%16/4 + i/16*4 + i%4*8
		}
		return
	}
	for w := range 32 {
		c.pick[0][w] = uint16(2*w + 1)
		for v := range 4 {
			switch q.Bits {
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
