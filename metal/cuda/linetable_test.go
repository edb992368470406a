package cuda

import (
	"encoding/binary"
	"strings"
	"testing"
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

func TestLineOf(t *testing.T) {
	// Kernels as the driver may load them, not in the table's order.
	first := tableOf(sequence(0x3000, 30), sequence(0x1000, 10), sequence(0x2000, 20))
	section := append(first, tableOf(sequence(0x800, 8))...)
	for pc, want := range map[uint64]int{0x1000: 10, 0x100f: 10, 0x1010: 11, 0x101f: 11, 0x2010: 21, 0x3000: 30, 0x301f: 31, 0x808: 8} {
		if file, line, err := lineOf(section, pc); err != nil || file != "k.metal" || line != want {
			t.Errorf("%#x is %s:%d, %v, want k.metal:%d", pc, file, line, err, want)
		}
	}
	for _, pc := range []uint64{0, 0x7ff, 0x820, 0x1020, 0x2fff, 0x3020, 1<<64 - 1} {
		if file, line, err := lineOf(section, pc); err == nil {
			t.Errorf("%#x is no kernel's and has %s:%d", pc, file, line)
		}
	}
}

func TestLineOfDamagedTables(t *testing.T) {
	whole := tableOf(sequence(0x1000, 10))
	later := append([]byte(nil), whole...)
	later[4] = 5
	for name, c := range map[string]struct {
		section []byte
		want    string
	}{
		"empty":           {nil, "has no line"},
		"cut off":         {whole[:len(whole)-1], "has no line"},
		"a later version": {later, "DWARF 5"},
		"no such file":    {tableOf([]byte{4, 9}, sequence(0x1000, 10)), "has no line"}, // DW_LNS_set_file
	} {
		if file, line, err := lineOf(c.section, 0x1000); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %s:%d, error %v, want %q", name, file, line, err, c.want)
		}
	}
}
