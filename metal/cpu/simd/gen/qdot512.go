package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// Offsets in package simd's struct Job, of which there is a row.
const (
	jCodes  = 0
	jScales = 8
	jBiases = 16
	jX      = 32 // four pointers
	jOut    = 88
	jRows   = 96  // counted down
	jLd     = 104 // bytes between outputs of one row
	jAhead  = 112 // what to prefetch first
	jEnd    = 120 // end of the codes: prefetching jumps from there …
	jJump   = 128 // … by so many bytes, once
	jMore   = 136 // 0 in the last job
	jFar    = 144 // bytes from there to what goes into the second level of cache
	jFarEnd = 152 // where that reaches the end of the codes
	jobSize = 160
)

// Offsets in package simd's struct consts512.
const (
	cBlocks    = 0
	cScaleStep = 8  // bytes of scales per block
	cGroups    = 16 // groups that have a bias
	cSums      = 24 // where the sums start in a prepared row
	cRowBytes  = 32 // codes of one row
	cScaleRow  = 40 // bytes of scales of one row
	cTable     = 48 // 64 words: what an index stands for, as bfloat16
	cScaleIdx  = cTable + 128
	cGather    = cScaleIdx + 128 // two vectors: which byte each byte of a qword takes
	cShift     = cGather + 128   // four vectors: where each code of a qword starts
	cMask      = cShift + 256    // of each word, the bits of nibble 0
	cBase      = cMask + 64      // 32 bfloat16 128
)

var types = []struct {
	name  string
	parts int // bfloat16 terms of one activation
	size  int
}{{"f32", 3, 4}, {"f16", 2, 2}, {"bf16", 1, 2}}

// shapes are the rows of weights and of activations of one kernel. More rows
// share the loads of activations, and more activations the unpacking.
var shapes = []struct{ nr, nx int }{{1, 1}, {4, 1}, {4, 2}, {2, 4}}

// qdot512 writes the dot products of rows of codes with prepared activations,
// for each dtype and shape, with AVX-512 and VDPBF16PS.
//
// A block is 128 codes of a row. They become four vectors of 32 table indices,
// one per 16-bit word (bits above an index are ignored), VPERMW turns those
// into bfloat16, and VDPBF16PS multiplies and adds. Activations are prepared in
// the same order, split into as many bfloat16 terms as make them exact. A lane
// always holds codes of one group, so one multiply by the lane's scale follows
// per block; the biases need but one multiply per group and row. Codes of 4
// bits take shorter ways; see blockNibbles.
//
// Rows that are computed together lie apart, which hardware prefetchers take
// badly, so codes are prefetched in the order of their addresses instead.
func qdot512(bits int) {
	for _, t := range types {
		for _, s := range shapes {
			q := &qdot{bits: bits, nr: s.nr, nx: s.nx, typ: t.name, parts: t.parts, size: t.size}
			q.generate()
		}
	}
}

type qdot struct {
	bits, nr, nx, parts, size int
	typ                       string
	free                      []VecPhysical
	table, scaleIdx           []VecPhysical
	gather, shift             []VecPhysical
	mask, base                []VecPhysical
	total, acc                []VecPhysical // [x·nr + row]
	last                      []VecPhysical // totals of the tile before
	packed, weight            []VecPhysical // [row]
	x                         []VecPhysical // [0] also holds scales
}

var (
	codes, scales, biases = R8, R9, R10
	xs                    = []GPPhysical{R12, R13, R14, R15}
	job, consts           = RDI, R11
	at                    = RAX // offset in prepared rows
	far                   = RCX // from ahead to what goes into the second level of cache
	left                  = RCX // groups that are left
	lastOut               = R13 // where the sums of the tile before go
	rowBytes, rowBytes3   = RDX, R14
	scaleRow, scaleRow3   = RBX, R15
	ahead                 = RSI // what to prefetch next

	oddWords = K1 // the upper word of each lane
	tail     = K2 // groups in the last vector of biases
)

func mem(base GPPhysical, disp int) operand.Mem { return operand.Mem{Base: base, Disp: disp} }

// codesOf is the codes of row r of those computed together.
func codesOf(r, disp int) operand.Mem { return rowOf(r, codes, rowBytes, rowBytes3, disp) }

func scalesOf(base GPPhysical, r int) operand.Mem { return rowOf(r, base, scaleRow, scaleRow3, 0) }

func rowOf(r int, base, stride, stride3 GPPhysical, disp int) operand.Mem {
	m := mem(base, disp)
	switch r {
	case 1, 2:
		m.Index, m.Scale = stride, uint8(r)
	case 3:
		m.Index, m.Scale = stride3, 1
	}
	return m
}

func (q *qdot) take(n int) []VecPhysical {
	regs := q.free[:n]
	q.free = q.free[n:]
	return regs
}

func (q *qdot) generate() {
	q.free = []VecPhysical{
		Z0, Z1, Z2, Z3, Z4, Z5, Z6, Z7, Z8, Z9, Z10, Z11, Z12, Z13, Z14, Z15,
		Z16, Z17, Z18, Z19, Z20, Z21, Z22, Z23, Z24, Z25, Z26, Z27, Z28, Z29, Z30, Z31,
	}
	n := q.nr * q.nx
	q.total, q.acc = q.take(n), q.take(n) // first, so that VEX instructions can reduce them
	if q.defers() {
		q.last = q.take(n)
	}
	q.packed = q.take(q.nr)
	q.table, q.scaleIdx = q.take(1+q.bits/6), q.take(1+q.bits/8)
	if q.counts() {
		q.mask, q.base = q.take(1), q.take(1)
	}
	if q.stream() {
		q.gather, q.shift = q.take(1+q.bits/5), q.take(4-q.bits/5*2)
		q.weight, q.x = q.take(1), q.take(1)
		if q.parts == 1 {
			q.x = append(q.x, q.take(q.nx-1)...)
		}
	} else {
		q.weight, q.x = q.take(q.nr), q.take(1)
	}

	name := fmt.Sprintf("qdotB%d%sR%dX%d", q.bits, q.typ, q.nr, q.nx)
	TEXT(name, NOSPLIT, "func(jobs, consts *byte)")
	Pragma("noescape")
	Doc(fmt.Sprintf("%s multiplies %d-bit codes, %d rows at a time, with %d prepared %s rows.", name, q.bits, q.nr, q.nx, q.typ))
	Load(Param("jobs"), job)
	Load(Param("consts"), consts)
	q.constants()
	if q.defers() {
		for _, t := range q.last {
			VPXORD(t, t, t)
		}
		MOVQ(mem(job, jOut), lastOut)
	}
	Label("job")
	MOVQ(mem(job, jCodes), codes)
	MOVQ(mem(job, jScales), scales)
	MOVQ(mem(job, jBiases), biases)
	MOVQ(mem(job, jAhead), ahead)
	Label("row")
	for i := range q.nx {
		MOVQ(mem(job, jX+8*i), xs[i])
	}
	for _, t := range q.total {
		VPXORD(t, t, t)
	}
	MOVQ(mem(job, jFar), far)
	q.prefetchScales()
	if q.defers() {
		q.oneBlock()
		q.reduceFour(q.last, q.acc)
		VMOVUPS(q.last[0].AsX(), mem(lastOut, 0))
		CMPQ(at, mem(consts, cSums))
		JAE(operand.LabelRef("biases"))
	}
	Label("block")
	q.oneBlock()
	CMPQ(at, mem(consts, cSums))
	JB(operand.LabelRef("block"))
	Label("biases")
	q.addBiases()
	if q.defers() {
		for i, t := range q.total {
			VMOVAPS(t, q.last[i])
		}
		MOVQ(mem(job, jOut), lastOut)
	} else {
		q.reduce()
	}
	for range q.nr - 1 {
		ADDQ(rowBytes, codes)
		ADDQ(scaleRow, scales)
		ADDQ(scaleRow, biases)
	}
	ADDQ(imm32(4*q.nr), mem(job, jOut))
	q.jump()
	SUBQ(imm32(q.nr), mem(job, jRows))
	JNZ(operand.LabelRef("row"))
	CMPQ(mem(job, jMore), operand.Imm(0))
	JE(operand.LabelRef("done"))
	ADDQ(imm32(jobSize), job)
	JMP(operand.LabelRef("job"))
	Label("done")
	if q.defers() {
		q.reduceFour(q.last, q.acc)
		VMOVUPS(q.last[0].AsX(), mem(lastOut, 0))
	}
	VZEROUPPER()
	RET()
}

// defers: the lanes of a tile's totals are summed within the next tile, so that
// nothing waits for its last products. The first tile sums zeros instead, to
// where its own sums will go.
func (q *qdot) defers() bool { return q.nr == 4 && q.nx == 1 }

// oneBlock is 128 codes of each row, and the step to the next.
func (q *qdot) oneBlock() {
	if q.bits == 4 {
		q.blockNibbles()
	} else {
		q.block()
	}
	ADDQ(imm32(16*q.bits), codes)
	ADDQ(mem(consts, cScaleStep), scales)
	ADDQ(imm32(q.xBlock()), at)
}

// stream: the codes do not divide a byte evenly, or are not worth shifting.
func (q *qdot) stream() bool { return q.bits != 4 && q.bits != 8 }

// floats: activations stay float32, see multiplyFloats.
func (q *qdot) floats() bool { return q.bits == 4 && q.typ == "f32" }

// xBlock is the bytes of a block of a prepared row.
func (q *qdot) xBlock() int {
	switch {
	case q.floats():
		return 512
	case q.bits == 4 && q.parts == 1:
		return 256 + 64
	}
	return 256 * q.parts
}

func (q *qdot) constants() {
	load := func(field int, regs []VecPhysical) {
		for i, r := range regs {
			VMOVDQU64(mem(consts, field+64*i), r)
		}
	}
	load(cTable, q.table)
	load(cMask, q.mask)
	load(cBase, q.base)
	load(cScaleIdx, q.scaleIdx)
	if q.stream() {
		load(cGather, q.gather)
		load(cShift, q.shift)
	}
	tmp := at
	MOVQ(operand.U64(0xaaaaaaaa), tmp)
	KMOVD(tmp.As32(), oddWords)
	MOVQ(mem(consts, cGroups), RCX)
	ANDQ(operand.Imm(15), RCX)
	MOVQ(imm32(1), tmp)
	SHLQ(CL, tmp)
	DECQ(tmp)
	KMOVW(tmp.As32(), tail)
	MOVQ(mem(consts, cRowBytes), rowBytes)
	MOVQ(mem(consts, cScaleRow), scaleRow)
	if q.nr == 4 {
		LEAQ(operand.Mem{Base: rowBytes, Index: rowBytes, Scale: 2}, rowBytes3)
		LEAQ(operand.Mem{Base: scaleRow, Index: scaleRow, Scale: 2}, scaleRow3)
	}
}
