package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// tabled512 writes the dot product of one row of codes of minifloats with one
// prepared row of activations: VPERMW or VPERMI2W turns codes into bfloat16,
// VDPBF16PS multiplies and adds them, and each block's sums are multiplied by its
// groups' scales, which a table of float32 has. Activations are as many bfloat16
// terms as make them exact.
func tabled512() {
	for _, parts := range []int{1, 2, 3} {
		for _, groups := range []int{2, 4} {
			tabled(fmt.Sprintf("tabled4Groups%dParts%d", groups, parts), 64/groups, parts, 1, func() { nibbles(parts, groups) })
		}
		tabled(fmt.Sprintf("tabled8Parts%d", parts), 32, parts, 4, func() { bytes(parts) })
	}
}

// tabled writes the loop over blocks around body. Z0 has the sums, and what codes
// stand for is in so many registers from Z16 on.
func tabled(name string, group, parts, tables int, body func()) {
	TEXT(name, NOSPLIT, "func(codes, scales, x *byte, blocks int, values *uint16, scaleOf *float32) float32")
	Pragma("noescape")
	Doc(fmt.Sprintf("%s multiplies blocks of codes in groups of %d with activations of so many bfloat16 terms: %d.", name, group, parts))
	for i, r := range []GPPhysical{codes, scales, R12, left, RBX, RDX} {
		Load(Param([]string{"codes", "scales", "x", "blocks", "values", "scaleOf"}[i]), r)
	}
	XORQ(at, at)
	VPXORD(Z0, Z0, Z0)
	for i, r := range []VecPhysical{Z16, Z17, Z18, Z19}[:tables] {
		VMOVDQU16(mem(RBX, 64*i), r)
	}
	body()
	DECQ(left)
	JNZ(operand.LabelRef("block"))
	VEXTRACTF64X4(operand.Imm(1), Z0, Y1)
	VADDPS(Y1, Y0, Y0)
	VEXTRACTF128(operand.Imm(1), Y0, X1)
	VADDPS(X1, X0, X0)
	VHADDPS(X0, X0, X0)
	VHADDPS(X0, X0, X0)
	Store(X0, ReturnIndex(0))
	VZEROUPPER()
	RET()
}

// ahead of the codes that are read, in bytes.
const tabledAhead = 4 << 10

// nibbles takes 64 codes of 4 bits. The lower ones of 32 bytes, then the upper ones:
// a lane has four neighbouring codes, which are of one group.
func nibbles(parts, groups int) {
	masks := []OpmaskPhysical{K1, K2, K3}[:groups-1]
	for i, k := range masks {
		MOVL(operand.U32(uint32(1<<(16/groups)-1)<<((i+1)*16/groups)), scratch)
		KMOVW(scratch, k)
	}
	Label("block")
	PREFETCHT0(mem(codes, tabledAhead))
	VPMOVZXBW(mem(codes, 0), Z1)
	VPERMW(Z16, Z1, Z2) // bits above an index are ignored, and both halves of the table are alike
	VPSRLW(operand.Imm(4), Z1, Z1)
	VPERMW(Z16, Z1, Z3)
	VPXORD(Z4, Z4, Z4)
	for p := range parts {
		dpbf16(operand.Mem{Base: R12, Index: at, Scale: 1, Disp: 128 * p}, Z2, Z4)
		dpbf16(operand.Mem{Base: R12, Index: at, Scale: 1, Disp: 128*p + 64}, Z3, Z4)
	}
	scaleOf(0)
	VBROADCASTSS(operand.Mem{Base: RDX, Index: RSI, Scale: 4}, Z5)
	for i, k := range masks {
		scaleOf(i + 1)
		VBROADCASTSS(operand.Mem{Base: RDX, Index: RSI, Scale: 4}, k, Z5)
	}
	VFMADD231PS(Z5, Z4, Z0)
	ADDQ(operand.Imm(32), codes)
	ADDQ(operand.Imm(uint64(groups)), scales)
	ADDQ(imm32(128*parts), at)
}

// bytes takes 32 codes of 8 bits, of one group: a magnitude of 7 bits, from tables of
// 64 words each, and a sign.
func bytes(parts int) {
	MOVL(operand.U32(0x00400040), scratch)
	VPBROADCASTD(scratch, Z20)
	MOVL(operand.U32(0x00800080), scratch)
	VPBROADCASTD(scratch, Z21)
	Label("block")
	PREFETCHT0(mem(codes, tabledAhead))
	VPMOVZXBW(mem(codes, 0), Z1)
	VMOVDQA64(Z1, Z2)
	VPERMI2W(Z17, Z16, Z2)
	VMOVDQA64(Z1, Z3)
	VPERMI2W(Z19, Z18, Z3)
	VPTESTMW(Z20, Z1, K1)
	VMOVDQU16(Z3, K1, Z2)
	VPANDD(Z21, Z1, Z3)
	VPSLLW(operand.Imm(8), Z3, Z3)
	VPXORD(Z3, Z2, Z2)
	VPXORD(Z4, Z4, Z4)
	for p := range parts {
		dpbf16(operand.Mem{Base: R12, Index: at, Scale: 1, Disp: 64 * p}, Z2, Z4)
	}
	scaleOf(0)
	VBROADCASTSS(operand.Mem{Base: RDX, Index: RSI, Scale: 4}, Z5)
	VFMADD231PS(Z5, Z4, Z0)
	ADDQ(operand.Imm(32), codes)
	INCQ(scales)
	ADDQ(imm32(64*parts), at)
}

func scaleOf(i int) { MOVBLZX(mem(scales, i), ESI) }

// scratch is free before the loop.
var scratch = EDI
