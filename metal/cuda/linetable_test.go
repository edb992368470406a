package cuda

import (
	"bytes"
	"encoding/binary"
	"slices"
	"strings"
	"testing"

	"github.com/assay-bench/assay/metal/msl"
)

// tableOf writes a line table of DWARF 2 with the file k.metal and the given
// line number program.
func tableOf(program ...[]byte) []byte {
	header := []byte{
		4, 1, 0xfb, 14, 10, // instruction length, default is_stmt, line base -5, line range, opcode base
		0, 1, 1, 1, 1, 0, 0, 0, 1, // operands of the standard opcodes
		0,                                             // no folders
		'k', '.', 'm', 'e', 't', 'a', 'l', 0, 0, 0, 0, // file 1
		0,
	}
	out := binary.LittleEndian.AppendUint32([]byte{2, 0}, uint32(len(header)))
	out = append(out, header...)
	for _, p := range program {
		out = append(out, p...)
	}
	return append(binary.LittleEndian.AppendUint32(nil, uint32(len(out))), out...)
}

// sequence is a kernel's code of 32 bytes at an address: two lines of 16 bytes each.
func sequence(address uint64, line byte) []byte {
	out := binary.LittleEndian.AppendUint64([]byte{0, 9, 2}, address) // DW_LNE_set_address
	return append(out,
		3, line-1, 1, // DW_LNS_advance_line, DW_LNS_copy
		2, 4, 3, 1, 1, // DW_LNS_advance_pc by 4 instructions, the next line
		2, 4, 0, 1, 1, // DW_LNE_end_sequence
	)
}

func TestFramesOf(t *testing.T) {
	// Kernels as the driver may load them, not in the table's order.
	first := tableOf(sequence(0x3000, 30), sequence(0x1000, 10), sequence(0x2000, 20))
	section := append(first, tableOf(sequence(0x800, 8))...)
	for pc, want := range map[uint64]int{0x1000: 10, 0x100f: 10, 0x1010: 11, 0x101f: 11, 0x2010: 21, 0x3000: 30, 0x301f: 31, 0x808: 8} {
		if got, err := framesOf(section, pc); err != nil || !slices.Equal(got, []frame{{"k.metal", want}}) {
			t.Errorf("%#x is in %v, %v, want k.metal:%d", pc, got, err, want)
		}
	}
	for _, pc := range []uint64{0, 0x7ff, 0x820, 0x1020, 0x2fff, 0x3020, 1<<64 - 1} {
		if got, err := framesOf(section, pc); err == nil {
			t.Errorf("%#x is no kernel's and is in %v", pc, got)
		}
	}
}

// inlining is a kernel's code at an address: 16 bytes of line 20, 16 of line 40
// of a function that the table's row caller calls, and 16 of line 60 of one that
// row 2 calls, which is that of line 40.
func inlining(address uint64, caller byte) []byte {
	out := binary.LittleEndian.AppendUint64([]byte{0, 9, 2}, address)
	return append(out,
		3, 19, 1, 2, 4,
		0, 3, 0x90, caller, 7, // 7: where the function's name is in the strings
		3, 20, 1, 2, 4,
		0, 3, 0x90, 2, 9,
		3, 20, 1, 2, 4,
		0, 1, 1,
	)
}

func TestFramesOfInlinedFunctions(t *testing.T) {
	// Rows count from the beginning of their own kernel.
	section := tableOf(sequence(0x1000, 10), inlining(0x3000, 1), inlining(0x2000, 1))
	for pc, want := range map[uint64][]frame{
		0x2000: {{"k.metal", 20}},
		0x2010: {{"k.metal", 40}, {"k.metal", 20}},
		0x302f: {{"k.metal", 60}, {"k.metal", 40}, {"k.metal", 20}},
	} {
		if got, err := framesOf(section, pc); err != nil || !slices.Equal(got, want) {
			t.Errorf("%#x is in %v, %v, want %v", pc, got, err, want)
		}
	}
	for _, caller := range []byte{2, 3, 99} { // itself, and rows that come later or never
		if got, err := framesOf(tableOf(inlining(0x1000, caller)), 0x1010); err == nil {
			t.Errorf("called by row %d: %v", caller, got)
		}
	}
}

func TestAuthored(t *testing.T) {
	header := frame{"/build/assay/cuda_simd.h", 105}
	entry := frame{"/build/" + msl.EntryFolder + "kernels/k.metal", 3}
	for _, c := range []struct {
		frames []frame
		want   spot
	}{
		{[]frame{{"/build/kernels/k.metal", 12}}, spot{file: "k.metal", line: 12}},
		{[]frame{header, {"/build/kernels/k.metal", 12}, entry}, spot{file: "k.metal", line: 12}},
		{[]frame{{"/build/kernels/helpers.h", 7}, {"/build/kernels/k.metal", 12}, entry}, spot{file: "helpers.h", line: 7}},
		{[]frame{header, entry}, spot{file: "k.metal", line: 3, entry: true}},
		{[]frame{entry}, spot{file: "k.metal", line: 3, entry: true}},
	} {
		if got := authored(c.frames); got != c.want {
			t.Errorf("%v: %+v, want %+v", c.frames, got, c.want)
		}
	}
}

func TestFramesOfDamagedTables(t *testing.T) {
	whole := tableOf(sequence(0x1000, 10))
	later, header, span := bytes.Clone(whole), bytes.Clone(whole), bytes.Clone(whole)
	later[4], header[6], span[13] = 5, 3, 0
	for name, c := range map[string]struct {
		section []byte
		want    string
	}{
		"empty":                           {nil, "has no line"},
		"cut off":                         {whole[:len(whole)-1], "has no line"},
		"a later version":                 {later, "DWARF 5"},
		"a header too short":              {header, "damaged"},
		"lines that span none":            {span, "damaged"},
		"no such file":                    {tableOf([]byte{4, 9}, sequence(0x1000, 10)), "has no line"}, // set_file
		"an opcode without its operand":   {tableOf(sequence(0x1000, 10), []byte{2}), "unexpected EOF"},
		"an extended opcode of no length": {tableOf(sequence(0x2000, 10), []byte{0, 0}), "unexpected EOF"},
	} {
		if got, err := framesOf(c.section, 0x1000); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, error %v, want %q", name, got, err, c.want)
		}
	}
}

func TestSignedNumbers(t *testing.T) {
	for want, data := range map[int64][]byte{ // DWARF 4, figure 23
		2: {2}, -2: {0x7e}, 127: {0xff, 0}, -127: {0x81, 0x7f}, 128: {0x80, 1}, -128: {0x80, 0x7f}, -129: {0xff, 0x7e},
	} {
		r := reader{left: data}
		if got := r.sleb(); got != want || r.err != nil || len(r.left) != 0 {
			t.Errorf("%x is %d, %v, want %d", data, got, r.err, want)
		}
	}
}
