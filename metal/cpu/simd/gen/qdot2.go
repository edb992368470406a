package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// Offsets in package simd's struct frame2.
const (
	f2Codes  = 0
	f2Scales = 8  // float32
	f2Biases = 16 // float32
	f2Out    = 24
	f2X      = 32 // four pointers to float32
	f2Consts = 64 // three vectors: bytes of each code's dword, its shift, its mask
	f2Rows   = 72 // counted down
	f2Groups = 80
	f2Steps  = 88 // codes of a group / 32
	f2Bytes  = 96 // of eight codes
	f2Ld     = 104
	f2Sums   = 112 // where the sums of the groups start in a prepared row
)

// qdot2 writes the dot products of rows of codes of any width with one and four
// rows of float32, with AVX2 and FMA. Eight codes at a time: every dword lane
// takes the bytes around its code, shifts and masks it, and becomes a float32.
func qdot2() {
	for _, nx := range []int{1, 4} {
		generate2(nx)
	}
}

func generate2(nx int) {
	name := fmt.Sprintf("qdotAVX2X%d", nx)
	TEXT(name, NOSPLIT, "func(f *byte)")
	Pragma("noescape")
	Doc(fmt.Sprintf("%s multiplies rows of codes with %d rows of float32.", name, nx))
	codes, scales, biases, out, frame := R8, R9, R10, R11, RDI
	x := []GPPhysical{R12, R13, R14, R15}
	groups, steps, bytes, sums, tmp := RCX, RDX, RBX, RSI, RAX
	total := []VecPhysical{Y0, Y1, Y2, Y3}
	acc := []VecPhysical{Y4, Y5, Y6, Y7}
	bias := []VecPhysical{X8, X9, X10, X11}
	pick, shift, mask, w := Y12, Y13, Y14, Y15
	Load(Param("f"), frame)
	for _, p := range []struct {
		field int
		r     GPPhysical
	}{{f2Codes, codes}, {f2Scales, scales}, {f2Biases, biases}, {f2Out, out}, {f2Bytes, bytes}, {f2Consts, tmp}} {
		MOVQ(mem(frame, p.field), p.r)
	}
	VMOVDQU(mem(tmp, 0), pick)
	VMOVDQU(mem(tmp, 32), shift)
	VMOVDQU(mem(tmp, 64), mask)

	Label("row")
	for j := range nx {
		MOVQ(mem(frame, f2X+8*j), x[j])
		VXORPS(total[j], total[j], total[j])
		VXORPS(bias[j], bias[j], bias[j])
	}
	MOVQ(mem(frame, f2Sums), sums)
	MOVQ(mem(frame, f2Groups), groups)
	Label("group")
	for _, a := range acc {
		VXORPS(a, a, a)
	}
	MOVQ(mem(frame, f2Steps), steps)
	Label("step")
	for i := range 4 {
		VBROADCASTI128(mem(codes, 0), w)
		ADDQ(bytes, codes)
		VPSHUFB(pick, w, w)
		VPSRLVD(shift, w, w)
		VPAND(mask, w, w)
		VCVTDQ2PS(w, w)
		for j := range nx {
			a := acc[j]
			if nx == 1 {
				a = acc[i]
			}
			VFMADD231PS(mem(x[j], 32*i), w, a)
		}
	}
	for j := range nx {
		ADDQ(imm32(128), x[j])
	}
	DECQ(steps)
	JNZ(operand.LabelRef("step"))
	if nx == 1 {
		VADDPS(acc[1], acc[0], acc[0])
		VADDPS(acc[3], acc[2], acc[2])
		VADDPS(acc[2], acc[0], acc[0])
	}
	VBROADCASTSS(mem(scales, 0), w)
	for j := range nx {
		VFMADD231PS(w, acc[j], total[j])
	}
	VMOVSS(mem(biases, 0), w.AsX())
	for j := range nx {
		MOVQ(mem(frame, f2X+8*j), tmp)
		VFMADD231SS(operand.Mem{Base: tmp, Index: sums, Scale: 1}, w.AsX(), bias[j])
	}
	ADDQ(imm32(4), scales)
	ADDQ(imm32(4), biases)
	ADDQ(imm32(4), sums)
	DECQ(groups)
	JNZ(operand.LabelRef("group"))

	MOVQ(out, tmp)
	for j := range nx {
		sumLanes(total[j], w)
		VADDSS(bias[j], total[j].AsX(), total[j].AsX())
		VMOVSS(total[j].AsX(), mem(tmp, 0))
		ADDQ(mem(frame, f2Ld), tmp)
	}
	ADDQ(imm32(4), out)
	DECQ(mem(frame, f2Rows))
	JNZ(operand.LabelRef("row"))
	VZEROUPPER()
	RET()
}
