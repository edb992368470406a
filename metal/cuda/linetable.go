package cuda

import (
	"debug/dwarf"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"path"
)

// lineOf finds the file and line of an address in a .debug_line section: the
// line tables of one or more units, one behind the other.
func lineOf(section []byte, pc uint64) (file string, line int, err error) {
	for at := 0; at < len(section); {
		// A 4-byte length of what follows it, and a 2-byte version. DWARF 2 to 4, 6.2.4.
		rest := section[at:]
		if len(rest) < 6 {
			break
		}
		length, version := binary.LittleEndian.Uint32(rest), binary.LittleEndian.Uint16(rest[4:])
		if uint64(length) > uint64(len(rest)-4) {
			break
		}
		if version < 2 || version > 4 { // NVRTC 12 and 13 write 2; later headers refer to sections that are not read
			return "", 0, fmt.Errorf("line table of DWARF %d, only 2 to 4 are known", version)
		}
		row, err := rowOf(rest[:4+length], pc)
		if err != nil {
			return "", 0, fmt.Errorf("line table: %w", err)
		}
		if row != nil {
			return path.Base(row.File.Name), row.Line, nil
		}
		at += 4 + int(length)
	}
	return "", 0, fmt.Errorf("the address %#x has no line", pc)
}

// rowOf finds the row of one unit's table that holds pc, nil if none does. Each
// kernel is a sequence of rows, and the driver loads kernels in an order of its
// own, so that sequences do not ascend: all are looked through.
func rowOf(table []byte, pc uint64) (*dwarf.LineEntry, error) {
	rows, err := rowsOf(table)
	if err != nil {
		return nil, err
	}
	var last, next dwarf.LineEntry
	for inside := false; ; inside, last = !next.EndSequence, next {
		if err := rows.Next(&next); errors.Is(err, io.EOF) {
			return nil, nil //nolint:nilnil // no row is no failure: another unit may have it
		} else if err != nil {
			return nil, err
		}
		if inside && last.Address <= pc && pc < next.Address && last.File != nil {
			return &last, nil
		}
	}
}

// rowsOf reads a unit's table. Modules have no debug information but line
// tables, so the unit that would refer to it is made here.
func rowsOf(table []byte) (*dwarf.LineReader, error) {
	abbrev := []byte{
		1, 0x11, 0, // abbreviation 1: a compile unit without children
		0x10, 0x06, // DW_AT_stmt_list, DW_FORM_data4
		0, 0, 0,
	}
	unit := []byte{
		12, 0, 0, 0, // bytes that follow
		2, 0, // DWARF 2
		0, 0, 0, 0, // the abbreviations' offset
		8,          // bytes of an address
		1,          // abbreviation 1
		0, 0, 0, 0, // the line table's offset
	}
	data, err := dwarf.New(abbrev, nil, nil, unit, table, nil, nil, nil)
	if err != nil {
		return nil, err
	}
	entry, err := data.Reader().Next()
	if err != nil {
		return nil, err
	}
	return data.LineReader(entry)
}
