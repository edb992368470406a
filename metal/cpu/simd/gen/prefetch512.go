package main

import (
	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// prefetch fetches quarter v of as many codes as a block has.
func (q *qdot) prefetch(v int) {
	bytes := q.blockBytes()
	for i := (v*bytes/4 + 63) / 64 * 64; i < (v+1)*bytes/4; i += 64 {
		PREFETCHT0(mem(ahead, i))
		PREFETCHT1(operand.Mem{Base: ahead, Index: far, Scale: 1, Disp: i})
	}
}

// jump moves what is prefetched to the next tile once it has reached the end of
// this one: first the second level's share, then the first level's, and then
// also the next job's first scales.
func (q *qdot) jump() {
	MOVQ(mem(job, jJump), at)
	CMPQ(ahead, mem(job, jFarEnd))
	JB(operand.LabelRef("next"))
	ADDQ(at, mem(job, jFar))
	MOVQ(operand.I32(-1), mem(job, jFarEnd))
	CMPQ(ahead, mem(job, jEnd))
	JB(operand.LabelRef("next"))
	ADDQ(at, ahead)
	SUBQ(at, mem(job, jFar))
	MOVQ(operand.I32(-1), mem(job, jEnd))
	CMPQ(mem(job, jMore), operand.Imm(0))
	JE(operand.LabelRef("next"))
	for _, field := range []int{jScales, jBiases} {
		MOVQ(mem(job, jobSize+field), at)
		for r := range q.nr {
			PREFETCHT0(scalesOf(at, r))
		}
	}
	Label("next")
}

// prefetchScales fetches the scales and biases of the rows about to be
// computed, all at once. Fetching them earlier gets in the way of the codes.
func (q *qdot) prefetchScales() {
	for _, base := range []GPPhysical{scales, biases} {
		for r := range q.nr {
			PREFETCHT0(scalesOf(base, r))
		}
	}
	XORQ(at, at)
}
