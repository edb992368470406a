package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// Offsets in package simd's struct Job, of which there is a row.
const (
	jCodes  = 0
	jScales = 8
	jBiases = 16
	jX      = 32 // four pointers
	jOut    = 88
	jRows   = 96  // counted down
	jLd     = 104 // bytes between outputs of one row
	jAhead  = 112 // what to prefetch first
	jEnd    = 120 // end of the codes: prefetching jumps from there …
	jJump   = 128 // … by so many bytes, once
	jMore   = 136 // 0 in the last job
	jobSize = 144
)

// Offsets in package simd's struct consts512.
const (
	cBlocks    = 0
	cScaleStep = 8  // bytes of scales per block
	cGroups    = 16 // groups that have a bias
	cSums      = 24 // where the sums start in a prepared row
	cRowBytes  = 32 // codes of one row
	cScaleRow  = 40 // bytes of scales of one row
	cTable     = 48 // 64 words: what an index stands for, as bfloat16
	cScaleIdx  = cTable + 128
	cGather    = cScaleIdx + 128 // two vectors: which byte each byte of a qword takes
	cShift     = cGather + 128   // four vectors: where each code of a qword starts
)

// further is how many bytes beyond those that go to the first level of cache
// codes are fetched into the second: the first level's few misses at a time
// would not fill the memory's bandwidth.
const further = 10 << 10

var types = []struct {
	name  string
	parts int // bfloat16 terms of one activation
	size  int
}{{"f32", 3, 4}, {"f16", 2, 2}, {"bf16", 1, 2}}

// shapes are the rows of weights and of activations of one kernel. More rows
// share the loads of activations, and more activations the unpacking.
var shapes = []struct{ nr, nx int }{{1, 1}, {4, 1}, {4, 2}, {2, 4}}

// qdot512 writes the dot products of rows of codes with prepared activations,
// for each dtype and shape, with AVX-512 and VDPBF16PS.
//
// A block is 128 codes of a row. They become four vectors of 32 table indices,
// one per 16-bit word (bits above an index are ignored), VPERMW turns those
// into bfloat16, and VDPBF16PS multiplies and adds. Activations are prepared in
// the same order, split into as many bfloat16 terms as make them exact. A lane
// always holds codes of one group, so one multiply by the lane's scale follows
// per block; the biases need but one multiply per group and row.
//
// Rows that are computed together lie apart, which hardware prefetchers take
// badly, so codes are prefetched in the order of their addresses instead.
func qdot512(bits int) {
	for _, t := range types {
		for _, s := range shapes {
			q := &qdot{bits: bits, nr: s.nr, nx: s.nx, typ: t.name, parts: t.parts, size: t.size}
			q.generate()
		}
	}
}

type qdot struct {
	bits, nr, nx, parts, size int
	typ                       string
	free                      []VecPhysical
	table, scaleIdx           []VecPhysical
	gather, shift             []VecPhysical
	total, acc                []VecPhysical // [x·nr + row]
	packed, weight            []VecPhysical // [row]
	x                         []VecPhysical // [0] also holds scales
}

var (
	codes, scales, biases = R8, R9, R10
	xs                    = []GPPhysical{R12, R13, R14, R15}
	job, consts           = RDI, R11
	at                    = RAX // offset in prepared rows
	left                  = RCX // blocks, then groups
	rowBytes, rowBytes3   = RDX, R14
	scaleRow, scaleRow3   = RBX, R15
	ahead                 = RSI // what to prefetch next

	oddWords = K1 // the upper word of each lane
	tail     = K2 // groups in the last vector of biases
)

func mem(base GPPhysical, disp int) operand.Mem { return operand.Mem{Base: base, Disp: disp} }

// codesOf is the codes of row r of those computed together.
func codesOf(r, disp int) operand.Mem { return rowOf(r, codes, rowBytes, rowBytes3, disp) }

func scalesOf(base GPPhysical, r int) operand.Mem { return rowOf(r, base, scaleRow, scaleRow3, 0) }

func rowOf(r int, base, stride, stride3 GPPhysical, disp int) operand.Mem {
	m := mem(base, disp)
	switch r {
	case 1, 2:
		m.Index, m.Scale = stride, uint8(r)
	case 3:
		m.Index, m.Scale = stride3, 1
	}
	return m
}

func (q *qdot) take(n int) []VecPhysical {
	regs := q.free[:n]
	q.free = q.free[n:]
	return regs
}

func (q *qdot) generate() {
	q.free = []VecPhysical{
		Z0, Z1, Z2, Z3, Z4, Z5, Z6, Z7, Z8, Z9, Z10, Z11, Z12, Z13, Z14, Z15,
		Z16, Z17, Z18, Z19, Z20, Z21, Z22, Z23, Z24, Z25, Z26, Z27, Z28, Z29, Z30, Z31,
	}
	n := q.nr * q.nx
	q.total, q.acc = q.take(n), q.take(n) // first, so that VEX instructions can reduce them
	q.packed = q.take(q.nr)
	q.table, q.scaleIdx = q.take(1+q.bits/6), q.take(1+q.bits/8)
	if q.stream() {
		q.gather, q.shift = q.take(1+q.bits/5), q.take(4-q.bits/5*2)
		q.weight, q.x = q.take(1), q.take(1)
		if q.parts == 1 {
			q.x = append(q.x, q.take(q.nx-1)...)
		}
	} else {
		q.weight, q.x = q.take(q.nr), q.take(1)
	}

	name := fmt.Sprintf("qdotB%d%sR%dX%d", q.bits, q.typ, q.nr, q.nx)
	TEXT(name, NOSPLIT, "func(jobs, consts *byte)")
	Pragma("noescape")
	Doc(fmt.Sprintf("%s multiplies %d-bit codes, %d rows at a time, with %d prepared %s rows.", name, q.bits, q.nr, q.nx, q.typ))
	Load(Param("jobs"), job)
	Load(Param("consts"), consts)
	q.constants()
	Label("job")
	MOVQ(mem(job, jCodes), codes)
	MOVQ(mem(job, jScales), scales)
	MOVQ(mem(job, jBiases), biases)
	MOVQ(mem(job, jAhead), ahead)
	Label("row")
	for i := range q.nx {
		MOVQ(mem(job, jX+8*i), xs[i])
	}
	for _, t := range q.total {
		VPXORD(t, t, t)
	}
	MOVQ(mem(consts, cBlocks), left)
	q.prefetchScales()
	Label("block")
	q.block()
	ADDQ(imm32(16*q.bits), codes)
	ADDQ(mem(consts, cScaleStep), scales)
	ADDQ(imm32(256*q.parts), at)
	DECQ(left)
	JNZ(operand.LabelRef("block"))
	q.addBiases()
	q.reduce()
	for range q.nr - 1 {
		ADDQ(rowBytes, codes)
		ADDQ(scaleRow, scales)
		ADDQ(scaleRow, biases)
	}
	ADDQ(imm32(4*q.nr), mem(job, jOut))
	CMPQ(ahead, mem(job, jEnd))
	JB(operand.LabelRef("next"))
	ADDQ(mem(job, jJump), ahead)
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
	SUBQ(imm32(q.nr), mem(job, jRows))
	JNZ(operand.LabelRef("row"))
	CMPQ(mem(job, jMore), operand.Imm(0))
	JE(operand.LabelRef("done"))
	ADDQ(imm32(jobSize), job)
	JMP(operand.LabelRef("job"))
	Label("done")
	VZEROUPPER()
	RET()
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

// stream: the codes do not divide a byte evenly, or are not worth shifting.
func (q *qdot) stream() bool { return q.bits != 4 && q.bits != 8 }

func (q *qdot) constants() {
	load := func(field int, regs []VecPhysical) {
		for i, r := range regs {
			VMOVDQU64(mem(consts, field+64*i), r)
		}
	}
	load(cTable, q.table)
	load(cScaleIdx, q.scaleIdx)
	if q.stream() {
		load(cGather, q.gather)
		load(cShift, q.shift)
	}
	tmp := at
	MOVQ(operand.U64(0xaaaaaaaa), tmp)
	KMOVD(tmp.As32(), oddWords)
	MOVQ(mem(consts, cGroups), RCX)
	ANDQ(operand.Imm(15), RCX)
	MOVQ(imm32(1), tmp)
	SHLQ(CL, tmp)
	DECQ(tmp)
	KMOVW(tmp.As32(), tail)
	MOVQ(mem(consts, cRowBytes), rowBytes)
	MOVQ(mem(consts, cScaleRow), scaleRow)
	if q.nr == 4 {
		LEAQ(operand.Mem{Base: rowBytes, Index: rowBytes, Scale: 2}, rowBytes3)
		LEAQ(operand.Mem{Base: scaleRow, Index: scaleRow, Scale: 2}, scaleRow3)
	}
}

// block adds 128 codes of each row times each activation to the totals.
func (q *qdot) block() {
	bytes := q.nr * 16 * q.bits
	for i := 0; i < bytes; i += 64 {
		PREFETCHT0(mem(ahead, i))
		PREFETCHT1(mem(ahead, i+further))
	}
	ADDQ(imm32(bytes), ahead)
	q.clear()
	for v := range 4 {
		q.multiply(v)
		if q.bits == 8 && v == 1 {
			q.scale(0)
			q.clear()
		}
	}
	q.scale(q.bits / 8)
}

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
	case q.bits == 4:
		q.nibbles(v, 0, 0)
		q.multiplyShared(x)
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
