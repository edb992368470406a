package main

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// vectors writes the elementwise functions, with AVX2, FMA and F16C. Each takes
// a count that is a multiple of 16; the Go wrappers do the rest.
func vectors() {
	unary("loadF16AVX2", "dst *float32, src *uint16, n int", 4, 2, "widens binary16", func(src, dst operand.Mem) {
		VCVTPH2PS(src, Y0)
		VMOVUPS(Y0, dst)
	})
	unary("loadBF16AVX2", "dst *float32, src *uint16, n int", 4, 2, "widens bfloat16", func(src, dst operand.Mem) {
		VPMOVZXWD(src, Y0)
		VPSLLD(operand.Imm(16), Y0, Y0)
		VMOVUPS(Y0, dst)
	})
	unary("storeF16AVX2", "dst *uint16, src *float32, n int", 2, 4, "narrows to binary16, half to even,", func(src, dst operand.Mem) {
		VMOVUPS(src, Y0)
		VCVTPS2PH(operand.Imm(0), Y0, dst)
	})
	storeBF16()
	siluMul()
	multiplyAdd("fmaAVX2", "adds w·y to acc, rounded once", func(y, acc operand.Mem) {
		VMOVUPS(acc, Y0)
		VFMADD231PS(y, Y8, Y0)
	})
	multiplyAdd("mulAddAVX2", "adds w·y, rounded, to acc", func(y, acc operand.Mem) {
		VMULPS(y, Y8, Y0)
		VADDPS(acc, Y0, Y0)
	})
	dotProduct()
	sumGroups()
}

// begin opens a function whose parameters are two pointers and a count.
func begin(name, params, doc string) {
	TEXT(name, NOSPLIT, "func("+params+")")
	Pragma("noescape")
	Doc(name + " " + doc + ".")
}

// each16 repeats body for halves of 16 elements until n of them are done.
func each16(n GPPhysical, advance map[GPPhysical]int, body func(half int)) {
	Label("loop")
	for half := range 2 {
		body(half)
	}
	for _, p := range []GPPhysical{RDI, RSI, RDX} {
		if size := advance[p]; size != 0 {
			ADDQ(imm32(16*size), p)
		}
	}
	SUBQ(imm32(16), n)
	JG(operand.LabelRef("loop"))
	VZEROUPPER()
	RET()
}

func unary(name, params string, dstSize, srcSize int, doc string, f func(src, dst operand.Mem)) {
	begin(name, params, doc+" n values, a multiple of 16")
	Load(Param("dst"), RDI)
	Load(Param("src"), RSI)
	Load(Param("n"), RCX)
	each16(RCX, map[GPPhysical]int{RDI: dstSize, RSI: srcSize}, func(half int) {
		f(mem(RSI, 8*half*srcSize), mem(RDI, 8*half*dstSize))
	})
}

// constant broadcasts a 32-bit value.
func constant(name string, v operand.Constant, r VecPhysical) {
	VBROADCASTSS(ConstData(name, v), r)
}

// float is the bit pattern of v, which the assembler takes literally.
func float(v float32) operand.Constant { return operand.U32(math.Float32bits(v)) }

// storeBF16 rounds half to even in integers: bits + 0x7fff + (bits>>16 & 1),
// of which the upper half counts. NaN keeps its upper half, made quiet.
func storeBF16() {
	begin("storeBF16AVX2", "dst *uint16, src *float32, n int", "narrows to bfloat16, half to even, n values, a multiple of 16")
	Load(Param("dst"), RDI)
	Load(Param("src"), RSI)
	Load(Param("n"), RCX)
	constant("bf16one", operand.U32(1), Y8)
	constant("bf16half", operand.U32(0x7fff), Y9)
	constant("bf16quiet", operand.U32(0x40), Y10)
	each16(RCX, map[GPPhysical]int{RDI: 2, RSI: 4}, func(half int) {
		out := []VecPhysical{Y0, Y4}[half]
		VMOVUPS(mem(RSI, 32*half), Y1)
		VPSRLD(operand.Imm(16), Y1, Y2)
		VPAND(Y8, Y2, Y3)
		VPADDD(Y9, Y3, Y3)
		VPADDD(Y1, Y3, Y3)
		VPSRLD(operand.Imm(16), Y3, Y3)
		VPOR(Y10, Y2, Y2)
		VCMPPS(operand.Imm(3), Y1, Y1, Y1) // unordered
		VBLENDVPS(Y1, Y2, Y3, out)
		if half == 1 {
			VPACKUSDW(Y4, Y0, Y0)
			VPERMQ(operand.Imm(0xd8), Y0, Y0)
			VMOVDQU(Y0, mem(RDI, 0))
		}
	})
}

// siluMul computes g/(1+e^-g)·u. e^t = 2^n·e^r with n = rint(t/ln 2) and e^r by
// the polynomial of Cephes' expf (relative error 1e-7); t is kept below 88, so
// that 2^n is finite: silu there is below 1e-36.
func siluMul() {
	begin("siluMulAVX2", "dst, gate, up *float32, n int", "writes silu(g)·u, n values, a multiple of 16")
	Load(Param("dst"), RDI)
	Load(Param("gate"), RSI)
	Load(Param("up"), RDX)
	Load(Param("n"), RCX)
	poly := []float32{1.9875691500e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1}
	names := []string{"exp0", "exp1", "exp2", "exp3", "exp4", "exp5"}
	c := []VecPhysical{Y4, Y5, Y6, Y7, Y8, Y9}
	for i, v := range poly {
		constant(names[i], float(v), c[i])
	}
	log2e, ln2hi, ln2lo, one := Y10, Y11, Y12, Y13
	constant("log2e", float(1.44269504088896341), log2e)
	constant("ln2hi", float(0.693359375), ln2hi)
	constant("ln2lo", float(-2.12194440e-4), ln2lo)
	constant("one", float(1), one)
	top, bottom := Y14, Y15
	constant("exptop", float(88), top)
	constant("expbottom", float(-87), bottom)
	each16(RCX, map[GPPhysical]int{RDI: 4, RSI: 4, RDX: 4}, func(half int) {
		t, n, p := Y0, Y1, Y2
		VXORPS(t, t, t)
		VSUBPS(mem(RSI, 32*half), t, t)
		VMINPS(top, t, t)
		VMAXPS(bottom, t, t)
		VMULPS(log2e, t, n)
		VROUNDPS(operand.Imm(0), n, n)
		VFNMADD231PS(ln2hi, n, t)
		VFNMADD231PS(ln2lo, n, t)
		VMOVAPS(c[0], p)
		for _, k := range c[1:] {
			VFMADD213PS(k, t, p)
		}
		VMULPS(t, t, Y3)
		VFMADD213PS(t, Y3, p)
		VADDPS(one, p, p)
		VCVTPS2DQ(n, n)
		VPSLLD(operand.Imm(23), n, n)
		VPADDD(n, p, p)
		VADDPS(one, p, p)
		VMOVUPS(mem(RSI, 32*half), n)
		VDIVPS(p, n, n)
		VMULPS(mem(RDX, 32*half), n, n)
		VMOVUPS(n, mem(RDI, 32*half))
	})
}

func multiplyAdd(name, doc string, f func(y, acc operand.Mem)) {
	begin(name, "acc, y *float32, w float32, n int", doc+", n values, a multiple of 16")
	Load(Param("acc"), RDI)
	Load(Param("y"), RSI)
	Load(Param("n"), RCX)
	Load(Param("w"), X8)
	VBROADCASTSS(X8, Y8)
	each16(RCX, map[GPPhysical]int{RDI: 4, RSI: 4}, func(half int) {
		f(mem(RSI, 32*half), mem(RDI, 32*half))
		VMOVUPS(Y0, mem(RDI, 32*half))
	})
}

// sumLanes leaves the sum of y's lanes in its lowest one.
func sumLanes(y, tmp VecPhysical) {
	x, t := y.AsX(), tmp.AsX()
	VEXTRACTF128(operand.Imm(1), y, t)
	VADDPS(t, x, x)
	VHADDPS(x, x, x)
	VHADDPS(x, x, x)
}

func dotProduct() {
	TEXT("dotAVX2", NOSPLIT, "func(a, b *float32, n int) float32")
	Pragma("noescape")
	Doc("dotAVX2 is Σ a·b of n values, a multiple of 16.")
	Load(Param("a"), RDI)
	Load(Param("b"), RSI)
	Load(Param("n"), RCX)
	VXORPS(Y0, Y0, Y0)
	VXORPS(Y1, Y1, Y1)
	Label("loop")
	VMOVUPS(mem(RDI, 0), Y2)
	VMOVUPS(mem(RDI, 32), Y3)
	VFMADD231PS(mem(RSI, 0), Y2, Y0)
	VFMADD231PS(mem(RSI, 32), Y3, Y1)
	ADDQ(imm32(64), RDI)
	ADDQ(imm32(64), RSI)
	SUBQ(imm32(16), RCX)
	JG(operand.LabelRef("loop"))
	VADDPS(Y1, Y0, Y0)
	sumLanes(Y0, Y1)
	Store(X0, ReturnIndex(0))
	VZEROUPPER()
	RET()
}

func sumGroups() {
	TEXT("groupSumsAVX2", NOSPLIT, "func(sums, x *float32, groups, group int)")
	Pragma("noescape")
	Doc("groupSumsAVX2 writes the sum of each group of x; group is a multiple of 32.")
	Load(Param("sums"), RDI)
	Load(Param("x"), RSI)
	Load(Param("groups"), RCX)
	Load(Param("group"), RDX)
	Label("group")
	VMOVUPS(mem(RSI, 0), Y0)
	VMOVUPS(mem(RSI, 32), Y1)
	VMOVUPS(mem(RSI, 64), Y2)
	VMOVUPS(mem(RSI, 96), Y3)
	MOVQ(RDX, RAX)
	Label("more")
	ADDQ(imm32(128), RSI)
	SUBQ(imm32(32), RAX)
	JZ(operand.LabelRef("done"))
	for i, y := range []VecPhysical{Y0, Y1, Y2, Y3} {
		VADDPS(mem(RSI, 32*i), y, y)
	}
	JMP(operand.LabelRef("more"))
	Label("done")
	VADDPS(Y1, Y0, Y0)
	VADDPS(Y3, Y2, Y2)
	VADDPS(Y2, Y0, Y0)
	sumLanes(Y0, Y1)
	VMOVSS(X0, mem(RDI, 0))
	ADDQ(imm32(4), RDI)
	DECQ(RCX)
	JNZ(operand.LabelRef("group"))
	VZEROUPPER()
	RET()
}
