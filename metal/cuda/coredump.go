package cuda

import (
	"debug/elf"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	"github.com/assay-bench/assay/metal/msl"
)

// spot is a place in a kernel.
type spot struct {
	symbol string // of the entry point
	file   string
	line   int
	entry  bool // before or after the kernel's body; line is where the kernel begins
}

// A GPU core dump is an ELF file. Sections .cudbg.wptbl.* have a row for each
// warp that was resident, .cudbg.smtbl.* one for each multiprocessor, where a
// fault stays when its warp has ended; .cudbg.relfimg.* are the loaded modules,
// themselves ELF files whose .text.KERNEL sections have the addresses they ran
// at. Facts from cudacoredump.h of the CUDA toolkit.
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

// maxTables bounds what is read of a dump at once, in bytes. The tables of an H200
// are some hundred KB.
const maxTables = 64 << 20

// findFault reads where a kernel faulted out of a core dump. One that was cut
// off or is damaged gives an error.
func findFault(dump io.ReaderAt) (at spot, err error) {
	// The standard library's readers are made for files that a linker wrote and
	// may panic on others; see the package comments of debug/elf and debug/dwarf.
	defer func() {
		if r := recover(); r != nil {
			at, err = spot{}, fmt.Errorf("core dump: it is damaged: %v", r)
		}
	}()
	f, err := elf.NewFile(dump)
	if err != nil {
		return spot{}, fmt.Errorf("core dump: %w", err)
	}
	pc, err := faultAddress(f)
	if err != nil {
		return spot{}, err
	}
	return spotOf(f, pc)
}

// spotOf finds an address in the modules that were loaded.
func spotOf(f *elf.File, pc uint64) (spot, error) {
	for _, s := range f.Sections {
		if !strings.HasPrefix(s.Name, modules) || s.ReaderAt == nil { // nil: compressed
			continue
		}
		module, err := elf.NewFile(s)
		if err != nil {
			continue // the driver's own code may be left out
		}
		for _, text := range module.Sections {
			if name, ok := strings.CutPrefix(text.Name, ".text."); ok && pc >= text.Addr && pc-text.Addr < text.Size {
				at, err := lineIn(module, pc)
				at.symbol = name
				return at, err
			}
		}
	}
	return spot{}, fmt.Errorf("core dump: no module holds the address %#x", pc)
}

// faultAddress is that of the first warp or multiprocessor which faulted.
func faultAddress(f *elf.File) (uint64, error) {
	left := uint64(maxTables)
	for _, t := range tables {
		for _, s := range f.Sections {
			if !strings.HasPrefix(s.Name, t.sections) || s.Entsize < uint64(max(t.fault+4, t.address+8)) {
				continue
			}
			rows, err := contents(s, left)
			if err != nil {
				return 0, err
			}
			left -= s.Size
			for ; uint64(len(rows)) >= s.Entsize; rows = rows[s.Entsize:] {
				if binary.LittleEndian.Uint32(rows[t.fault:]) != 0 {
					return binary.LittleEndian.Uint64(rows[t.address:]), nil
				}
			}
		}
	}
	return 0, errors.New("core dump: no fault is told of")
}

// lineIn looks an address up in a module's line table.
func lineIn(module *elf.File, pc uint64) (spot, error) {
	s := module.Section(".debug_line")
	if s == nil {
		return spot{}, errors.New("core dump: the module has no line table")
	}
	table, err := contents(s, maxTables)
	if err != nil {
		return spot{}, err
	}
	frames, err := framesOf(table, pc)
	if err != nil {
		return spot{}, fmt.Errorf("core dump: %w", err)
	}
	return authored(frames), nil
}

// authored is the innermost line that a kernel's author wrote. The rendering
// brings its own headers, assay/*.h, and an entry point that calls the kernel.
func authored(frames []frame) spot {
	for _, f := range frames {
		if path.Base(path.Dir(f.path)) != "assay" && !strings.Contains(f.path, msl.EntryFolder) {
			return spot{file: path.Base(f.path), line: f.line}
		}
	}
	last := frames[len(frames)-1]
	return spot{file: path.Base(last.path), line: last.line, entry: true}
}

// contents reads a section of at most so many bytes.
func contents(s *elf.Section, limit uint64) ([]byte, error) {
	if s.Size > limit {
		return nil, fmt.Errorf("core dump: section %s of %d bytes is too large", s.Name, s.Size)
	}
	data, err := s.Data()
	if err != nil {
		return nil, fmt.Errorf("core dump: section %s: %w", s.Name, err)
	}
	return data, nil
}
