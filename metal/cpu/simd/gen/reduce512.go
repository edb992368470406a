package main

import (
	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// addBiases adds Σ bias·Σx over each row's groups, 16 at a time.
func (q *qdot) addBiases() {
	for j := range q.nx {
		ADDQ(mem(consts, cSums), xs[j])
	}
	MOVQ(mem(consts, cGroups), left)
	Label("bias")
	CMPQ(left, operand.Imm(16))
	JL(operand.LabelRef("lastbias"))
	q.bias(func(src operand.Mem) {
		switch q.typ {
		case "f32":
			VMOVUPS(src, q.x[0])
		case "f16":
			VCVTPH2PS(src, q.x[0])
		case "bf16":
			VPMOVZXWD(src, q.x[0])
			VPSLLD(operand.Imm(16), q.x[0], q.x[0])
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
			VMOVUPS_Z(src, tail, q.x[0])
		case "f16":
			VCVTPH2PS_Z(src, tail, q.x[0])
		case "bf16":
			VPMOVZXWD_Z(src, tail, q.x[0])
			VPSLLD(operand.Imm(16), q.x[0], q.x[0])
		}
	})
	IMUL3Q(imm32(q.size), left, left)
	ADDQ(left, biases)
	Label("reduce")
}

func (q *qdot) bias(load func(operand.Mem)) {
	for r := range q.nr {
		load(scalesOf(biases, r))
		for j := range q.nx {
			VFMADD231PS(mem(xs[j], 0), q.x[0], q.total[j*q.nr+r])
		}
	}
}

// reduce sums the lanes of each total and stores the results.
func (q *qdot) reduce() {
	y := func(i int) VecPhysical { return q.total[i].AsY().(VecPhysical) }
	for i := range q.total {
		half := q.acc[i].AsY()
		VEXTRACTF64X4(operand.Imm(1), q.total[i], half)
		VADDPS(half, y(i), y(i))
	}
	MOVQ(mem(job, jOut), left)
	if q.nx > 1 {
		MOVQ(mem(job, jLd), at)
	}
	for i := 0; i < len(q.total); i += 4 {
		n := min(4, len(q.total)-i)
		// Afterwards lane k of each half holds a sum of total i+k.
		if n == 4 {
			VHADDPS(y(i+3), y(i+2), y(i+2))
		}
		VHADDPS(y(i+min(1, n-1)), y(i), y(i))
		VHADDPS(y(i+n/4*2), y(i), y(i))
		sums := q.total[i].AsX().(VecPhysical)
		VEXTRACTF128(operand.Imm(1), y(i), q.acc[i].AsX())
		VADDPS(q.acc[i].AsX(), sums, sums)
		for k := range n {
			j, r := (i+k)/q.nr, (i+k)%q.nr
			if j > 0 && r == 0 {
				ADDQ(at, left)
			}
			dst := mem(left, 4*r)
			if k == 0 {
				VMOVSS(sums, dst)
			} else {
				VEXTRACTPS(operand.Imm(uint64(k)), sums, dst)
			}
		}
	}
}
