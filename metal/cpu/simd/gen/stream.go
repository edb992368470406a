package main

import (
	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// What streams prefetch ahead of what they read, in bytes: into the first level
// of cache, and into the second, as the products of quantized weights do
// (nearBytes and farBytes in package simd).
const (
	streamNear = 5 << 10
	streamFar  = 15 << 10
)

// prefetchAhead prefetches a line as far away as kernels do.
func prefetchAhead(p GPPhysical, disp int) {
	PREFETCHT0(mem(p, streamNear+disp))
	PREFETCHT1(mem(p, streamFar+disp))
}

// stream writes the reads of memory that kernels are measured against.
func stream() {
	TEXT("streamRead512", NOSPLIT, "func(p *byte, n int)")
	Pragma("noescape")
	Doc("streamRead512 loads n bytes, a multiple of 512.")
	p, n := RSI, RCX
	Load(Param("p"), p)
	Load(Param("n"), n)
	Label("loop512")
	for i := range 8 {
		prefetchAhead(p, 64*i)
		r := []VecPhysical{Z0, Z1, Z2, Z3}[i%4]
		VPORD(mem(p, 64*i), r, r)
	}
	ADDQ(imm32(512), p)
	SUBQ(imm32(512), n)
	JG(operand.LabelRef("loop512"))
	VZEROUPPER()
	RET()

	TEXT("streamRead2", NOSPLIT, "func(p *byte, n int)")
	Pragma("noescape")
	Doc("streamRead2 loads n bytes, a multiple of 512, with AVX2.")
	Load(Param("p"), p)
	Load(Param("n"), n)
	Label("loop256")
	for i := range 16 {
		if i%2 == 0 {
			prefetchAhead(p, 32*i)
		}
		r := []VecPhysical{Y0, Y1, Y2, Y3}[i%4]
		VPOR(mem(p, 32*i), r, r)
	}
	ADDQ(imm32(512), p)
	SUBQ(imm32(512), n)
	JG(operand.LabelRef("loop256"))
	VZEROUPPER()
	RET()

	TEXT("pause", NOSPLIT, "func()")
	Doc("pause tells the core that the caller spins.")
	for range 4 {
		PAUSE()
	}
	RET()
}
