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
	MOVQ(mem(job, jOut), left)
	if q.nx > 1 {
		MOVQ(mem(job, jLd), at)
	}
	if len(q.total) == 1 {
		q.reduceOne()
		return
	}
	for i := 0; i < len(q.total); i += 4 {
		q.reduceFour(q.total[i:i+4], q.acc[i:i+4])
		sums := q.total[i].AsX()
		if i > 0 {
			ADDQ(at, left)
		}
		if q.nr == 4 {
			VMOVUPS(sums, mem(left, 0))
			continue
		}
		VMOVLPS(sums, mem(left, 0)) // two rows of each activation
		ADDQ(at, left)
		VMOVHPS(sums, mem(left, 0))
	}
}

// reduceFour makes lane k of t[0] the sum of t[k].
func (q *qdot) reduceFour(t, tmp []VecPhysical) {
	low, high := tmp[0], tmp[1]
	for _, i := range []int{0, 2} { // lanes of two totals alternate
		VUNPCKLPS(t[i+1], t[i], low)
		VUNPCKHPS(t[i+1], t[i], high)
		VADDPS(high, low, t[i])
		low, high = tmp[2], tmp[3]
	}
	VUNPCKLPD(t[2], t[0], tmp[0])
	VUNPCKHPD(t[2], t[0], tmp[1])
	VADDPS(tmp[1], tmp[0], t[0])
	q.fold(t[0], tmp[0])
}

// fold adds the four quarters of t into the first.
func (q *qdot) fold(t, tmp VecPhysical) {
	VEXTRACTF64X4(operand.Imm(1), t, tmp.AsY())
	VADDPS(tmp.AsY(), t.AsY(), t.AsY())
	VEXTRACTF128(operand.Imm(1), t.AsY(), tmp.AsX())
	VADDPS(tmp.AsX(), t.AsX(), t.AsX())
}

func (q *qdot) reduceOne() {
	t := q.total[0]
	q.fold(t, q.acc[0])
	VHADDPS(t.AsX(), t.AsX(), t.AsX())
	VHADDPS(t.AsX(), t.AsX(), t.AsX())
	VMOVSS(t.AsX(), mem(left, 0))
}
