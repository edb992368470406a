package main

import (
	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
)

// block adds 128 codes of each row times each activation to the totals.
func (q *qdot) block() {
	q.clear()
	for v := range 4 {
		q.prefetch(v)
		q.multiply(v)
		if q.bits == 8 && v == 1 {
			q.scale(0)
			q.clear()
		}
	}
	q.scale(q.bits / 8)
	ADDQ(imm32(q.blockBytes()), ahead)
}

// blockBytes is the codes of a block, of all rows.
func (q *qdot) blockBytes() int { return q.nr * 16 * q.bits }

func (q *qdot) clear() {
	for _, a := range q.acc {
		VPXORD(a, a, a)
	}
}

// multiply adds vector v of each row's codes times vector v of each activation.
func (q *qdot) multiply(v int) {
	x := func(j, p int) operand.Mem {
		return operand.Mem{Base: xs[j], Index: at, Scale: 1, Disp: 64 * (v*q.parts + p)}
	}
	switch {
	case q.bits == 8:
		for n := range 2 {
			q.nibbles(2*(v%2)+n, v/2*64, n)
			q.multiplyShared(x)
		}
	case q.parts == 1:
		for j := range q.nx {
			VMOVDQU64(x(j, 0), q.x[j])
		}
		for r := range q.nr {
			q.word(r, v)
			for j := range q.nx {
				dpbf16(q.x[j], q.weight[0], q.acc[j*q.nr+r])
			}
		}
	default:
		for r := range q.nr {
			q.word(r, v)
			for p := range q.parts {
				for j := range q.nx {
					dpbf16(x(j, p), q.weight[0], q.acc[j*q.nr+r])
				}
			}
		}
	}
}

// multiplyShared multiplies the weights of all rows by a vector loaded once.
func (q *qdot) multiplyShared(x func(j, p int) operand.Mem) {
	for p := range q.parts {
		for j := range q.nx {
			VMOVDQU64(x(j, p), q.x[0])
			for r := range q.nr {
				dpbf16(q.x[0], q.weight[r], q.acc[j*q.nr+r])
			}
		}
	}
}

// nibbles makes weights of the i-th nibble of each word of 64 bytes.
func (q *qdot) nibbles(i, disp, table int) {
	for r := range q.nr {
		idx := q.packed[r]
		if i == 0 {
			VMOVDQU64(codesOf(r, disp), idx)
		} else {
			idx = q.weight[r]
			VPSRLW(operand.Imm(uint64(4*i)), q.packed[r], idx)
		}
		VPERMW(q.table[table], idx, q.weight[r])
	}
}

// word makes weights of vector v of a block whose codes straddle bytes: each
// qword gathers the bytes of its codes, then every word takes the byte that
// starts at its code's first bit.
func (q *qdot) word(r, v int) {
	src, w := q.packed[r], q.weight[0]
	if q.bits <= 4 {
		if v == 0 {
			VPERMB(codesOf(r, 0), q.gather[0], src)
		}
	} else if v%2 == 0 {
		VMOVDQU64(codesOf(r, 0), src)
		VPERMT2B(codesOf(r, 64), q.gather[v/2], src)
	}
	VPMULTISHIFTQB(src, q.shift[v%len(q.shift)], w)
	if q.bits == 6 {
		VPERMI2W(q.table[1], q.table[0], w)
	} else {
		VPERMW(q.table[0], w, w)
	}
}

// scale adds what was multiplied to the totals, times each lane's scale.
func (q *qdot) scale(s int) {
	for r := range q.nr {
		src, idx, x := scalesOf(scales, r), q.scaleIdx[s], q.x[0]
		switch q.typ {
		case "f32":
			VBROADCASTI32X4(src, x)
			VPERMPS(x, idx, x)
		case "f16":
			VPBROADCASTQ(src, x.AsY())
			VPERMW(x.AsY(), idx.AsY(), x.AsY())
			VCVTPH2PS(x.AsY(), x)
		case "bf16":
			VPBROADCASTQ(src, x)
			VPERMW_Z(x, idx, oddWords, x)
		}
		for j := range q.nx {
			VFMADD231PS(x, q.acc[j*q.nr+r], q.total[j*q.nr+r])
		}
	}
}
