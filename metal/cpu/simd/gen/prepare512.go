package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// prepare512 writes the functions that split float32 activations into parts
// bfloat16 terms and bring each block of 128 into the order of the codes.
func prepare512() {
	for _, t := range types {
		for _, order := range []string{"Interleaved", "Halves"} {
			prepare(t.parts, order)
		}
	}
	prepare(1, "Nibbles")
	prepareFloats()
}

// prepare writes one. Terms are cut off, not rounded, so each is exact and so
// is their sum. pick has two vectors of word numbers: interleaved order takes
// words of output vectors 0 … 3 (the low halves from activations 0-63, the
// high ones from 64-127); half order, of 8-bit codes, takes vectors 0 and 1
// from activations 0-63, 2 and 3 from the others. Nibbles are interleaved, and
// after each block comes -128 times what vector 0 adds to each lane (see
// qdot.counts).
func prepare(parts int, order string) {
	half, nibbles := order == "Halves", order == "Nibbles"
	TEXT(fmt.Sprintf("prepare%s%d", order, parts), NOSPLIT, "func(dst, x *byte, blocks int, pick *byte)")
	Pragma("noescape")
	Doc(fmt.Sprintf("prepare%s%d writes blocks of 128 activations as %d bfloat16 terms each.", order, parts, parts))
	dst, x, n, pick := RDI, RSI, RCX, RBX
	Load(Param("dst"), dst)
	Load(Param("x"), x)
	Load(Param("blocks"), n)
	Load(Param("pick"), pick)
	odd, high := Z31, Z30 // upper words of two vectors; mask of a float's bfloat16 part
	VMOVDQU64(mem(pick, 0), odd)
	picks := []VecPhysical{Z26, Z27, Z28, Z29}
	for i, r := range picks {
		VMOVDQU64(mem(pick, 64*(i+1)), r)
	}
	MOVL(operand.Imm(0xffff0000), EAX)
	VPBROADCASTD(EAX, high)
	rest := []VecPhysical{Z0, Z1, Z2, Z3, Z4, Z5, Z6, Z7}
	words := []VecPhysical{Z8, Z9, Z10, Z11}
	term, second := Z12, Z13
	offset, minus := Z14, Z15
	if nibbles {
		MOVL(operand.U32(0xc300c300), EAX) // twice bfloat16 -128
		VPBROADCASTD(EAX, minus)
	}
	Label("block")
	if nibbles {
		VPXORD(offset, offset, offset)
	}
	for i, r := range rest {
		VMOVUPS(mem(x, 64*i), r)
	}
	for p := range parts {
		for i := range words {
			// The upper words of two vectors of float32 are 32 bfloat16.
			VMOVDQA64(rest[2*i], words[i])
			VPERMT2W(rest[2*i+1], odd, words[i])
		}
		if p+1 < parts {
			for _, r := range rest {
				VPANDD(high, r, term)
				VSUBPS(term, r, r)
			}
		}
		for v := range 4 {
			a := 0
			if half {
				a = v / 2 * 2
			}
			pick := picks[v]
			VMOVDQA64(words[a], term)
			VPERMT2W(words[a+1], pick, term)
			if !half {
				VMOVDQA64(words[2], second)
				VPERMT2W(words[3], pick, second)
				VINSERTI64X4(operand.Imm(1), second.AsY(), term, term)
			}
			VMOVDQU64(term, mem(dst, 64*(v*parts+p)))
			if nibbles && v == 0 {
				dpbf16(term, minus, offset)
			}
		}
	}
	ADDQ(imm32(512), x)
	if nibbles {
		VMOVUPS(offset, mem(dst, 256*parts))
		ADDQ(imm32(64), dst)
	}
	ADDQ(imm32(256*parts), dst)
	DECQ(n)
	JNZ(operand.LabelRef("block"))
	VZEROUPPER()
	RET()
}
