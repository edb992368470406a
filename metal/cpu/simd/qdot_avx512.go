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
	rowBytes, scaleRow    int
	ahead, end            unsafe.Pointer
	jump                  int
	scaleJump, biasJump   int
}

// consts512 is the vectors that a format needs.
type consts512 struct {
	table    [64]uint16 // two vectors of bfloat16, by index
	scaleIdx [2][64]byte
	gather   [2][64]byte
	shift    [4][64]byte
	pick     [5][32]uint16
	rows     *[4]func(*byte)
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

// prefetchBytes is how far codes are prefetched: long enough for the memory's
// latency, short enough to stay in the first level of cache.
const prefetchBytes = 4096

func (avx512) rows(q *QDot, a *RowArgs) {
	c := q.consts.(*consts512)
	f := &a.frame
	f.table, f.scaleIdx, f.gather, f.shift = &c.table, &c.scaleIdx, &c.gather, &c.shift
	f.blocks, f.ld = q.K/block, 4*a.Ld
	f.scaleStep, f.sums = block/q.Group*q.T.Size(), c.sums
	f.groups = q.K / q.Group
	if q.part == Low {
		f.groups = 0
	}
	f.rowBytes, f.scaleRow = q.RowBytes(), q.ScaleBytes()
	for i := 0; i < a.NX; {
		s := &shapes[1]
		switch left := a.NX - i; {
		case left >= 4 && q.T == dtype.BF16:
			s = &shapes[3]
		case left >= 2:
			s = &shapes[2]
		}
		rows := a.Rows / s.nr * s.nr
		if rows > 0 {
			f.at(a, 0, rows, i, s.nx)
			f.prefetch(a, i+s.nx < a.NX)
			c.rows[s.kernel]((*byte)(unsafe.Pointer(f)))
		}
		for ; rows < a.Rows; rows++ {
			for j := range s.nx {
				f.at(a, rows, 1, i+j, 1)
				f.prefetch(a, true)
				c.rows[0]((*byte)(unsafe.Pointer(f)))
			}
		}
		i += s.nx
	}
}

// shapes are the kernels' rows of weights and of activations.
var shapes = [4]struct{ kernel, nr, nx int }{{0, 1, 1}, {1, 4, 1}, {2, 4, 2}, {3, 2, 4}}

// at points f at n rows of weights from row r, and nx activations from x on.
func (f *frame) at(a *RowArgs, r, n, x, nx int) {
	f.codes = unsafe.Add(a.Codes, r*f.rowBytes)
	f.scales = unsafe.Add(a.Scales, r*f.scaleRow)
	f.biases = unsafe.Add(a.Biases, r*f.scaleRow)
	f.out = (*float32)(unsafe.Add(unsafe.Pointer(a.Out), 4*(x*a.Ld+r)))
	f.rows = n
	copy(f.x[:], a.X[x:x+nx])
}

// prefetch sets what to prefetch: the rest of these codes, then what comes
// next: the same again for the next activations, or the next tile.
func (f *frame) prefetch(a *RowArgs, again bool) {
	next := a.Next
	if again || next.Codes == nil {
		next = Tile{a.Codes, a.Scales, a.Biases}
	}
	size := f.rows * f.rowBytes
	f.ahead = unsafe.Add(f.codes, min(prefetchBytes, size))
	f.end = unsafe.Add(f.codes, size)
	f.jump = int(uintptr(next.Codes) - uintptr(f.end))
	f.scaleJump = int(uintptr(next.Scales) - uintptr(a.Scales))
	f.biasJump = int(uintptr(next.Biases) - uintptr(a.Biases))
}

// qdots are the kernels by bits, type and shape.
var qdots = [9][3][4]func(*byte){
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
