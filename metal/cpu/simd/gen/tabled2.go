package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// tabled2 writes tabled512's products with AVX2, F16C and FMA, of activations that
// are float32: VPSHUFB gives the two bytes of a bfloat16 for each code of 4 bits, and
// one of 8 bits becomes a float16 by shifting it.
func tabled2() {
	for _, groups := range []int{2, 4} {
		tabledRow2(fmt.Sprintf("tabled4AVX2Groups%d", groups), 64/groups, func() { nibbles2(groups) })
	}
	tabledRow2("tabled8AVX2", 32, halves2)
}

// tabledRow2 writes the loop over blocks around body. Y0 has the sums.
func tabledRow2(name string, group int, body func()) {
	TEXT(name, NOSPLIT, "func(codes, scales, x *byte, blocks int, values *uint16, scaleOf *float32) float32")
	Pragma("noescape")
	Doc(fmt.Sprintf("%s multiplies blocks of codes in groups of %d with activations in float32.", name, group))
	for i, r := range []GPPhysical{codes, scales, R12, left, RBX, RDX} {
		Load(Param([]string{"codes", "scales", "x", "blocks", "values", "scaleOf"}[i]), r)
	}
	VXORPS(Y0, Y0, Y0)
	body()
	DECQ(left)
	JNZ(operand.LabelRef("block"))
	VEXTRACTF128(operand.Imm(1), Y0, X1)
	VADDPS(X1, X0, X0)
	VHADDPS(X0, X0, X0)
	VHADDPS(X0, X0, X0)
	Store(X0, ReturnIndex(0))
	VZEROUPPER()
	RET()
}

// words fills every word of y.
func words(y VecPhysical, value uint32) {
	MOVL(operand.U32(value|value<<16), scratch)
	VMOVD(scratch, y.AsX())
	VPBROADCASTD(y.AsX(), y)
}

// nibbles2 takes 64 codes of 4 bits, in eight vectors: of the lower ones of 32 bytes,
// then of the upper ones, those of bytes 4q to 4q+3 beside those of 16+4q to 19+4q.
func nibbles2(groups int) {
	low, high, mask, zero := Y15, Y14, Y13, Y12
	VBROADCASTI128(mem(RBX, 0), low)
	VBROADCASTI128(mem(RBX, 16), high)
	words(mask, 0x0F0F)
	VPXOR(zero, zero, zero)
	sums := []VecPhysical{Y10, Y11}[:groups/2]
	Label("block")
	PREFETCHT0(mem(codes, tabledAhead))
	VMOVDQU(mem(codes, 0), Y1)
	for s := range 2 {
		if s == 1 {
			VPSRLW(operand.Imm(4), Y1, Y1)
		}
		VPAND(mask, Y1, Y2)
		VPSHUFB(Y2, low, Y3)
		VPSHUFB(Y2, high, Y2)
		VPUNPCKLBW(Y2, Y3, Y4)
		VPUNPCKHBW(Y2, Y3, Y5)
		for q, from := range []VecPhysical{Y4, Y4, Y5, Y5} {
			if q%2 == 0 {
				VPUNPCKLWD(from, zero, Y6)
			} else {
				VPUNPCKHWD(from, zero, Y6)
			}
			sum, first := sums[q/(4/len(sums))], s == 0 && q%(4/len(sums)) == 0
			if x := mem(R12, 32*(4*s+q)); first {
				VMULPS(x, Y6, sum)
			} else {
				VFMADD231PS(x, Y6, sum)
			}
		}
	}
	for i, sum := range sums {
		scaleOf(i)
		VBROADCASTSS(operand.Mem{Base: RDX, Index: RSI, Scale: 4}, X7)
		scaleOf(i + groups/2)
		VBROADCASTSS(operand.Mem{Base: RDX, Index: RSI, Scale: 4}, X8)
		VINSERTF128(operand.Imm(1), X8, Y7, Y7)
		VFMADD231PS(Y7, sum, Y0)
	}
	ADDQ(operand.Imm(32), codes)
	ADDQ(operand.Imm(uint64(groups)), scales)
	ADDQ(imm32(256), R12)
}

// halves2 takes 32 codes of 8 bits, of one group: the sign of a code is that of a
// float16, and the rest are the bits from the seventh on.
func halves2() {
	rest, sign := Y15, Y14
	words(rest, 0x3F80)
	words(sign, 0x8000)
	Label("block")
	PREFETCHT0(mem(codes, tabledAhead))
	for i := range 2 {
		VPMOVZXBW(mem(codes, 16*i), Y1)
		VPSLLW(operand.Imm(7), Y1, Y2)
		VPSLLW(operand.Imm(8), Y1, Y1)
		VPAND(rest, Y2, Y2)
		VPAND(sign, Y1, Y1)
		VPOR(Y1, Y2, Y2)
		VCVTPH2PS(Y2.AsX(), Y3)
		VEXTRACTI128(operand.Imm(1), Y2, X2)
		VCVTPH2PS(X2, Y4)
		if x := mem(R12, 64*i); i == 0 {
			VMULPS(x, Y3, Y10)
		} else {
			VFMADD231PS(x, Y3, Y10)
		}
		VFMADD231PS(mem(R12, 64*i+32), Y4, Y10)
	}
	scaleOf(0)
	VBROADCASTSS(operand.Mem{Base: RDX, Index: RSI, Scale: 4}, Y7)
	VFMADD231PS(Y7, Y10, Y0)
	ADDQ(operand.Imm(32), codes)
	INCQ(scales)
	ADDQ(imm32(128), R12)
}
