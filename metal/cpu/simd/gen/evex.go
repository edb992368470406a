package main

import (
	"encoding/binary"
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/ir"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// dpbf16 emits VDPBF16PS src, a, dst (EVEX.512.F3.0F38.W0 52 /r, Intel SDM
// volume 2), which Go's assembler does not know: each 32-bit lane of dst gains
// the products of the lane's two bfloat16 pairs. src is a register or memory.
func dpbf16(src operand.Op, a, dst reg.Physical) {
	d, v := uint(dst.PhysicalIndex()), uint(a.PhysicalIndex())
	var rmHigh, rmTop, rm uint // register or base bits 3 and 4 (or index bit 3), mod/rm and what follows
	var tail []byte
	switch s := src.(type) {
	case reg.Physical:
		n := uint(s.PhysicalIndex())
		rmHigh, rmTop, rm = n>>3&1, n>>4&1, 0xc0|n&7
	case operand.Mem:
		base, index := uint(s.Base.(reg.Physical).PhysicalIndex()), uint(s.Index.(reg.Physical).PhysicalIndex())
		rmHigh, rmTop, rm = base>>3, index>>3, 0x44
		if s.Disp%64 != 0 || s.Disp < 0 || s.Disp > 127*64 {
			panic(fmt.Sprintf("dpbf16: displacement %d does not fit a byte of vectors", s.Disp))
		}
		tail = []byte{byte(index&7<<3 | base&7), byte(s.Disp / 64)}
	default:
		panic(fmt.Sprintf("dpbf16 of %T", src))
	}
	code := append([]byte{
		0x62,
		byte((^d>>3&1)<<7 | (^rmTop&1)<<6 | (^rmHigh&1)<<5 | (^d>>4&1)<<4 | 2),
		byte((^v&15)<<3 | 1<<2 | 2),
		byte(2<<5 | (^v>>4&1)<<3),
		0x52, byte(d&7<<3 | rm),
	}, tail...)
	Commentf("VDPBF16PS %s, %s, %s", src.Asm(), a.Asm(), dst.Asm())
	emit(code)
}

// emit writes bytes as data directives.
func emit(code []byte) {
	for len(code) > 0 {
		switch {
		case len(code) >= 4:
			directive("LONG", operand.U32(binary.LittleEndian.Uint32(code)))
			code = code[4:]
		case len(code) >= 2:
			directive("WORD", operand.U16(binary.LittleEndian.Uint16(code)))
			code = code[2:]
		default:
			directive("BYTE", operand.U8(code[0]))
			code = code[1:]
		}
	}
}

func directive(name string, data operand.Op) {
	Instruction(&ir.Instruction{Opcode: name, Operands: []operand.Op{data}})
}

// imm32 is a 32-bit immediate, the form that 64-bit arithmetic takes.
func imm32(v int) operand.Op { return operand.U32(v) }
