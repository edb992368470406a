package main

import (
	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// and-or as VPTERNLOG's truth table: (dst & second) | first operand.
const andOr = 0xea

// blockNibbles is block for 4-bit codes. Nibbles 2i and 2i+1 of each word, or
// lane, are the lowest eight bits of what is loaded i bytes further on, so that
// few need shifting: shifts, lookups and products wait for each other's pipes.
func (q *qdot) blockNibbles() {
	if q.counts() {
		q.startCounting()
	} else {
		q.clear()
	}
	if q.floats() {
		q.multiplyFloats()
	} else {
		q.multiplyNibbles()
	}
	q.scale(0)
	ADDQ(imm32(q.blockBytes()), ahead)
}

func (q *qdot) xAt(j, disp int) operand.Mem {
	return operand.Mem{Base: xs[j], Index: at, Scale: 1, Disp: disp}
}

// counts: bits 0-3 of a bfloat16 128 count in steps of one, so VPTERNLOG, which
// has more pipes than VPERMW, makes the exact number 128+n of nibble 0 in
// place. The activations times 128 that this adds are known beforehand: the
// sums start from their negatives. An infinite activation, or one above 2^120,
// therefore gives NaN. Where products outnumber lookups this gains nothing.
func (q *qdot) counts() bool { return q.bits == 4 && q.parts == 1 && q.nx == 1 }

// startCounting sets the sums to what a prepared row holds after a block.
func (q *qdot) startCounting() {
	VMOVUPS(q.xAt(0, q.xBlock()-64), q.acc[0])
	for _, acc := range q.acc[1:] {
		VMOVAPS(q.acc[0], acc)
	}
}

// multiplyNibbles makes bfloat16 of the nibbles of each word and multiplies.
func (q *qdot) multiplyNibbles() {
	for step, v := range []int{1, 0, 2, 3} {
		q.prefetch(step)
		weight := q.weight
		switch v {
		case 1:
			for r, w := range weight {
				VMOVDQU64(codesOf(r, 0), q.packed[r])
				VPSRLW(operand.Imm(4), q.packed[r], w)
				VPERMW(q.table[0], w, w)
			}
		case 0:
			if q.counts() {
				weight = q.packed
			}
			for r, w := range weight {
				if q.counts() {
					VPTERNLOGD(operand.U8(andOr), q.base[0], q.mask[0], w)
				} else {
					VPERMW(q.table[0], q.packed[r], w)
				}
			}
		case 2:
			for r, w := range weight {
				VMOVDQU64(codesOf(r, 1), q.packed[r])
				VPERMW(q.table[0], q.packed[r], w)
			}
		case 3:
			for r, w := range weight {
				VPSRLW(operand.Imm(4), q.packed[r], w)
				VPERMW(q.table[0], w, w)
			}
		}
		for p := range q.parts {
			for j := range q.nx {
				VMOVDQU64(q.xAt(j, 64*(v*q.parts+p)), q.x[0])
				for r := range q.nr {
					dpbf16(q.x[0], weight[r], q.acc[j*q.nr+r])
				}
			}
		}
	}
}

// multiplyFloats looks nibble v of each lane up as float32 and multiplies it
// as such, for that is less work than three bfloat16 terms.
func (q *qdot) multiplyFloats() {
	for v := range 8 {
		if v%2 == 0 {
			q.prefetch(v / 2)
		}
		for r, w := range q.weight {
			idx := q.packed[r]
			if v%2 == 0 {
				VMOVDQU64(codesOf(r, v/2), idx)
			} else {
				VPSRLD(operand.Imm(4), idx, w)
				idx = w
			}
			VPERMPS(q.table[0], idx, w)
		}
		for j := range q.nx {
			VMOVUPS(q.xAt(j, 64*v), q.x[0])
			for r := range q.nr {
				VFMADD231PS(q.x[0], q.weight[r], q.acc[j*q.nr+r])
			}
		}
	}
}

// prepareFloats writes activations as multiplyFloats takes them: vector v of
// a block holds activations 8d+v, for lanes d. pick has two vectors of lane
// numbers: of two vectors of activations, the first (last) four of each eight,
// in the order of v.
func prepareFloats() {
	TEXT("prepareFloats", NOSPLIT, "func(dst, x *byte, blocks int, pick *byte)")
	Pragma("noescape")
	Doc("prepareFloats writes blocks of 128 activations in the order of 4-bit codes.")
	dst, x, n, pick := RDI, RSI, RCX, RBX
	Load(Param("dst"), dst)
	Load(Param("x"), x)
	Load(Param("blocks"), n)
	Load(Param("pick"), pick)
	a, pairs := Z0, []VecPhysical{Z1, Z2, Z3, Z4, Z5, Z6, Z7, Z8} // [half·4 + pair]
	mixed, out := []VecPhysical{Z9, Z10, Z11, Z12}, Z13
	picks := []VecPhysical{Z14, Z15}
	for i, r := range picks {
		VMOVDQU64(mem(pick, 64*i), r)
	}
	Label("block")
	for i := range 4 {
		VMOVUPS(mem(x, 128*i), a)
		for half := range 2 {
			VMOVAPS(picks[half], pairs[half*4+i])
			VPERMI2PS(mem(x, 128*i+64), a, pairs[half*4+i])
		}
	}
	// Quarter t of pairs[half·4 + i] is quarter i of the output 4·half + t.
	for half := range 2 {
		p := pairs[half*4:]
		for i, from := range []int{0, 2} {
			VSHUFF32X4(operand.Imm(0x44), p[from+1], p[from], mixed[i])
			VSHUFF32X4(operand.Imm(0xee), p[from+1], p[from], mixed[2+i])
		}
		for t := range 4 {
			m := mixed[t/2*2:]
			VSHUFF32X4(operand.U8([]uint8{0x88, 0xdd}[t%2]), m[1], m[0], out)
			VMOVUPS(out, mem(dst, 64*(4*half+t)))
		}
	}
	ADDQ(imm32(512), x)
	ADDQ(imm32(512), dst)
	DECQ(n)
	JNZ(operand.LabelRef("block"))
	VZEROUPPER()
	RET()
}
