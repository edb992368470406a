package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// Offsets in package simd's struct frame.
const (
	fCodes     = 0
	fScales    = 8
	fBiases    = 16
	fOut       = 24
	fX         = 32 // four pointers
	fTable     = 64 // 64 words: what an index stands for, as bfloat16
	fScaleIdx  = 72 // two vectors: which scale each lane takes
	fGather    = 80 // two vectors: which byte each byte of a qword takes
	fShift     = 88 // four vectors: where each code of a qword starts
	fRows      = 96
	fBlocks    = 104 // K / 128
	fLd        = 112 // bytes between outputs of one row
	fScaleStep = 120 // bytes of scales per block
	fGroups    = 128 // groups that have a bias
	fSums      = 136 // where the sums start in a prepared row
)

// block is the codes of one step.
const block = 128

// ahead is how far codes are prefetched, in bytes. Hardware prefetchers stop
// at a page's end; this does not.
const ahead = 3072

var types = []struct {
	name  string
	parts int // bfloat16 terms of one activation
	size  int
}{{"f32", 3, 4}, {"f16", 2, 2}, {"bf16", 1, 2}}

// qdot512 writes the dot products of rows of codes with one, two and four
// prepared activations, for each dtype, with AVX-512 and VDPBF16PS.
//
// A block is 128 codes. They become four vectors of 32 table indices, one per
// 16-bit word (bits above an index are ignored), VPERMW turns those into
// bfloat16, and VDPBF16PS multiplies and adds. Activations are prepared in the
// same order, split into as many bfloat16 terms as make them exact. A lane
// always holds codes of one group, so one multiply by the lane's scale follows
// per block; the biases need but one multiply per group and row.
func qdot512(bits int) {
	for _, t := range types {
		for _, nx := range []int{1, 2, 4} {
			q := &qdot{bits: bits, nx: nx, typ: t.name, parts: t.parts, size: t.size}
			q.generate()
		}
	}
}

type qdot struct {
	bits, nx, parts, size int
	typ                   string
}

var (
	codes, scales, biases, out = R8, R9, R10, R11
	xs                         = []GPPhysical{R12, R13, R14, R15}
	frame                      = RDI
	at                         = RAX // offset in prepared rows
	left                       = RCX // blocks
	rows                       = RDX
	tmp, tmp2                  = RBX, RSI

	table    = []VecPhysical{Z0, Z1}
	scaleIdx = []VecPhysical{Z2, Z3}
	gather   = []VecPhysical{Z4, Z5}
	shift    = []VecPhysical{Z6, Z7, Z30, Z31}
	total    = []VecPhysical{Z8, Z9, Z10, Z11}
	acc      = []VecPhysical{Z12, Z13, Z14, Z15}
	index    = []VecPhysical{Z16, Z17, Z18, Z19}
	weight   = []VecPhysical{Z20, Z21, Z22, Z23}
	scale    = Z24
	oddWords = K1 // the upper word of each lane
	tail     = K2 // groups in the last vector of biases
)

func mem(base GPPhysical, disp int) operand.Mem { return operand.Mem{Base: base, Disp: disp} }

func (q *qdot) generate() {
	name := fmt.Sprintf("qdotB%d%sX%d", q.bits, q.typ, q.nx)
	TEXT(name, NOSPLIT, "func(f *byte)")
	Pragma("noescape")
	Doc(fmt.Sprintf("%s multiplies rows of %d-bit codes with %d prepared %s rows.", name, q.bits, q.nx, q.typ))
	Load(Param("f"), frame)
	q.constants()
	Label("row")
	for i := range q.nx {
		MOVQ(mem(frame, fX+8*i), xs[i])
		VPXORD(total[i], total[i], total[i])
	}
	XORQ(at, at)
	MOVQ(mem(frame, fBlocks), left)
	Label("block")
	q.block()
	ADDQ(imm32(16*q.bits), codes)
	ADDQ(mem(frame, fScaleStep), scales)
	ADDQ(imm32(256*q.parts), at)
	DECQ(left)
	JNZ(operand.LabelRef("block"))
	q.addBiases()
	q.reduce()
	ADDQ(imm32(4), out)
	DECQ(rows)
	JNZ(operand.LabelRef("row"))
	VZEROUPPER()
	RET()
}

func (q *qdot) constants() {
	MOVQ(mem(frame, fCodes), codes)
	MOVQ(mem(frame, fScales), scales)
	MOVQ(mem(frame, fBiases), biases)
	MOVQ(mem(frame, fOut), out)
	MOVQ(mem(frame, fRows), rows)
	load := func(field int, regs ...VecPhysical) {
		MOVQ(mem(frame, field), tmp)
		for i, r := range regs {
			VMOVDQU64(mem(tmp, 64*i), r)
		}
	}
	load(fTable, table...)
	load(fScaleIdx, scaleIdx...)
	if q.bits != 4 && q.bits != 8 {
		load(fGather, gather...)
		load(fShift, shift...)
	}
	MOVQ(operand.U64(0xaaaaaaaa), tmp)
	KMOVD(tmp.As32(), oddWords)
	MOVQ(mem(frame, fGroups), RCX)
	ANDQ(operand.Imm(15), RCX)
	MOVQ(imm32(1), tmp)
	SHLQ(CL, tmp)
	DECQ(tmp)
	KMOVW(tmp.As32(), tail)
}

// block adds 128 codes times each activation to the totals.
func (q *qdot) block() {
	PREFETCHT0(mem(codes, ahead))
	if q.bits > 4 {
		PREFETCHT0(mem(codes, ahead+64))
	}
	switch q.bits {
	case 4:
		VMOVDQU64(mem(codes, 0), index[0])
		for i := 1; i < 4; i++ {
			VPSRLW(operand.Imm(uint64(4*i)), index[0], index[i])
		}
		for i := range 4 {
			VPERMW(table[0], index[i], weight[i])
		}
		q.multiply(0, 0, 1, 2, 3)
	case 8:
		for half := range 2 {
			VMOVDQU64(mem(codes, 64*half), index[0])
			for i := 1; i < 4; i++ {
				VPSRLW(operand.Imm(uint64(4*i)), index[0], index[i])
			}
			for i := range 4 {
				VPERMW(table[i%2], index[i], weight[i])
			}
			q.multiply(half, 2*half, 2*half, 2*half+1, 2*half+1)
		}
	default:
		q.unpackStream()
		q.multiply(0, 0, 1, 2, 3)
	}
}

// unpackStream turns 128 codes whose bits do not divide a byte into four
// vectors: each qword gathers the bytes of its codes, then every word takes
// the byte at its code's first bit.
func (q *qdot) unpackStream() {
	perGather := 4 // vectors
	if q.bits > 4 {
		perGather = 2
	}
	for g := range 4 / perGather {
		src := index[2+g] // kept out of the way of its own results
		if q.bits <= 4 {
			VPERMB(mem(codes, 0), gather[0], src)
		} else {
			VMOVDQU64(mem(codes, 0), src)
			VPERMT2B(mem(codes, 64), gather[g], src)
		}
		for i := range perGather {
			v := g*perGather + i
			VPMULTISHIFTQB(src, shift[i], weight[v])
			if q.bits == 6 {
				VPERMI2W(table[1], table[0], weight[v])
			} else {
				VPERMW(table[0], weight[v], weight[v])
			}
		}
	}
}

// multiply adds the four weight vectors times vectors v… of each prepared row,
// scaled by the scales that scaleIdx[s] picks.
func (q *qdot) multiply(s int, v ...int) {
	for j := range q.nx {
		VPXORD(acc[j], acc[j], acc[j])
	}
	for i, w := range v {
		for p := range q.parts {
			for j := range q.nx {
				dpbf16(operand.Mem{Base: xs[j], Index: at, Scale: 1, Disp: 64 * (w*q.parts + p)}, weight[i], acc[j])
			}
		}
	}
	switch q.typ {
	case "f32":
		VPERMPS(mem(scales, 0), scaleIdx[s], scale)
	case "f16":
		VPERMW(mem(scales, 0), scaleIdx[s].AsY(), scale.AsY())
		VCVTPH2PS(scale.AsY(), scale)
	case "bf16":
		VPERMW_Z(mem(scales, 0), scaleIdx[s], oddWords, scale)
	}
	for j := range q.nx {
		VFMADD231PS(scale, acc[j], total[j])
	}
}

// addBiases adds Σ bias·Σx over the row's groups, 16 at a time.
func (q *qdot) addBiases() {
	for j := range q.nx {
		ADDQ(mem(frame, fSums), xs[j])
	}
	MOVQ(mem(frame, fGroups), left)
	Label("bias")
	CMPQ(left, operand.Imm(16))
	JL(operand.LabelRef("lastbias"))
	q.bias(func(src operand.Mem) {
		switch q.typ {
		case "f32":
			VMOVUPS(src, scale)
		case "f16":
			VCVTPH2PS(src, scale)
		case "bf16":
			VPMOVZXWD(src, scale)
			VPSLLD(operand.Imm(16), scale, scale)
		}
	})
	ADDQ(imm32(16*q.size), biases)
	for j := range q.nx {
		ADDQ(imm32(64), xs[j])
	}
	SUBQ(imm32(16), left)
	JMP(operand.LabelRef("bias"))
	Label("lastbias")
	TESTQ(left, left)
	JZ(operand.LabelRef("reduce"))
	q.bias(func(src operand.Mem) {
		switch q.typ {
		case "f32":
			VMOVUPS_Z(src, tail, scale)
		case "f16":
			VCVTPH2PS_Z(src, tail, scale)
		case "bf16":
			VPMOVZXWD_Z(src, tail, scale)
			VPSLLD(operand.Imm(16), scale, scale)
		}
	})
	IMUL3Q(imm32(q.size), left, left)
	ADDQ(left, biases)
	Label("reduce")
}

func (q *qdot) bias(load func(operand.Mem)) {
	load(mem(biases, 0))
	for j := range q.nx {
		VFMADD231PS(mem(xs[j], 0), scale, total[j])
	}
}

// reduce sums the lanes of each total and stores the results.
func (q *qdot) reduce() {
	for j := range q.nx {
		VEXTRACTF64X4(operand.Imm(1), total[j], acc[j].AsY())
		VADDPS(acc[j].AsY(), total[j].AsY(), total[j].AsY())
	}
	y := func(j int) VecPhysical { return total[j].AsY().(VecPhysical) }
	x := func(j int) VecPhysical { return total[j].AsX().(VecPhysical) }
	// After these two, lane j mod 4 of each half holds a sum of activation j.
	switch q.nx {
	case 4:
		VHADDPS(y(1), y(0), y(0))
		VHADDPS(y(3), y(2), y(2))
		VHADDPS(y(2), y(0), y(0))
	case 2:
		VHADDPS(y(1), y(0), y(0))
		VHADDPS(y(0), y(0), y(0))
	case 1:
		VHADDPS(y(0), y(0), y(0))
		VHADDPS(y(0), y(0), y(0))
	}
	VEXTRACTF128(operand.Imm(1), y(0), acc[0].AsX())
	VADDPS(acc[0].AsX(), x(0), x(0))
	VMOVSS(x(0), mem(out, 0))
	if q.nx > 1 {
		MOVQ(mem(frame, fLd), tmp)
		MOVQ(out, tmp2)
		for j := 1; j < q.nx; j++ {
			ADDQ(tmp, tmp2)
			VEXTRACTPS(operand.Imm(uint64(j)), x(0), mem(tmp2, 0))
		}
	}
}
