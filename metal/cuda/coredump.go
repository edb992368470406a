package cuda

import (
	"debug/dwarf"
	"debug/elf"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
)

// spot is where a kernel faulted.
type spot struct {
	symbol string // of the entry point
	file   string
	line   int
}

// A GPU core dump is an ELF file. Sections .cudbg.wptbl.* have a row for each
// warp that was resident, .cudbg.smtbl.* one for each multiprocessor, where a
// fault stays when its warp has ended; .cudbg.relfimg.* are the loaded modules, themselves ELF files whose
// .text.KERNEL sections have the addresses they ran at. Facts from
// cudacoredump.h of the CUDA toolkit.
const modules = ".cudbg.relfimg."

// table says where its rows have an address, and a word that is not 0 if that
// is the address of a fault.
type table struct {
	sections       string
	address, fault int
}

var tables = [...]table{
	{".cudbg.wptbl.", 0, 24},
	{".cudbg.smtbl.", 16, 12},
}

// findFault reads where a kernel faulted out of a core dump.
func findFault(dump io.ReaderAt) (spot, error) {
	f, err := elf.NewFile(dump)
	if err != nil {
		return spot{}, fmt.Errorf("core dump: %w", err)
	}
	pc, err := faultAddress(f)
	if err != nil {
		return spot{}, err
	}
	for _, s := range f.Sections {
		if !strings.HasPrefix(s.Name, modules) {
			continue
		}
		module, err := elf.NewFile(s)
		if err != nil {
			continue // the driver's own code may be left out
		}
		for _, text := range module.Sections {
			if name, ok := strings.CutPrefix(text.Name, ".text."); ok && pc >= text.Addr && pc-text.Addr < text.Size {
				at, err := lineOf(module, pc)
				at.symbol = name
				return at, err
			}
		}
	}
	return spot{}, fmt.Errorf("core dump: no module holds the address %#x", pc)
}

// faultAddress is that of the first warp or multiprocessor which faulted.
func faultAddress(f *elf.File) (uint64, error) {
	for _, t := range tables {
		for _, s := range f.Sections {
			if !strings.HasPrefix(s.Name, t.sections) || s.Entsize < uint64(max(t.fault+4, t.address+8)) {
				continue
			}
			rows, err := s.Data()
			if err != nil {
				return 0, fmt.Errorf("core dump: %w", err)
			}
			for ; uint64(len(rows)) >= s.Entsize; rows = rows[s.Entsize:] {
				if binary.LittleEndian.Uint32(rows[t.fault:]) != 0 {
					return binary.LittleEndian.Uint64(rows[t.address:]), nil
				}
			}
		}
	}
	return 0, errors.New("core dump: no fault is told of")
}

// lineOf looks an address up in a module's line table. Modules have no debug
// information but that table, so the unit that would refer to it is made here.
func lineOf(module *elf.File, pc uint64) (spot, error) {
	s := module.Section(".debug_line")
	if s == nil {
		return spot{}, errors.New("core dump: the module has no line table")
	}
	table, err := s.Data()
	if err != nil {
		return spot{}, fmt.Errorf("core dump: %w", err)
	}
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
		return spot{}, fmt.Errorf("core dump: line table: %w", err)
	}
	entry, err := data.Reader().Next()
	if err != nil {
		return spot{}, fmt.Errorf("core dump: line table: %w", err)
	}
	lines, err := data.LineReader(entry)
	if err != nil {
		return spot{}, fmt.Errorf("core dump: line table: %w", err)
	}
	var row dwarf.LineEntry
	if err := lines.SeekPC(pc, &row); err != nil || row.File == nil {
		return spot{}, fmt.Errorf("core dump: the address %#x has no line", pc)
	}
	return spot{file: path.Base(row.File.Name), line: row.Line}, nil
}
