package cuda

import (
	"encoding/binary"
	"fmt"
)

// The standard library reads line tables too, but not NVIDIA's extension, which
// says where an inlined function was called from. Almost all that a kernel does
// is inlined.

// frame is a line, and with it a function, that an address is in.
type frame struct {
	path string
	line int
}

// row is one row of a line table: the line of the addresses from its own to the
// next row's. DWARF 2 to 4, 6.2.2.
type row struct {
	address    uint64
	file, line uint64
	caller     uint64 // row of the sequence, from 1, that called the function this is inlined in; 0 if it is not
	end        bool   // the first address behind a sequence
}

// framesOf finds an address in a .debug_line section, the line tables of one or
// more units behind each other: the innermost function's line, then that of each
// call on the way out.
func framesOf(section []byte, pc uint64) ([]frame, error) {
	for len(section) >= 6 {
		// A 4-byte length of what follows it, and a 2-byte version. DWARF 2 to 4, 6.2.4.
		length, version := uint64(binary.LittleEndian.Uint32(section)), binary.LittleEndian.Uint16(section[4:])
		if length > uint64(len(section)-4) {
			break
		}
		if version < 2 || version > 4 { // NVRTC 12 and 13 write 2; later headers refer to sections that are not read
			return nil, fmt.Errorf("line table of DWARF %d, only 2 to 4 are known", version)
		}
		files, rows, err := readTable(section[:4+length])
		if err != nil {
			return nil, fmt.Errorf("line table: %w", err)
		}
		if frames := walkOut(files, rows, pc); frames != nil {
			return frames, nil
		}
		section = section[4+length:]
	}
	return nil, fmt.Errorf("the address %#x has no line", pc)
}

// walkOut finds the row that holds pc and those that called it. Each kernel is a
// sequence of rows, and the driver loads kernels in an order of its own, so that
// sequences do not ascend: all are looked through.
func walkOut(files []string, rows []row, pc uint64) []frame {
	begin, end := 0, 0
	for ; end < len(rows); end++ {
		if !rows[end].end {
			continue
		}
		for i := begin; i < end; i++ {
			if rows[i].address <= pc && pc < rows[i+1].address {
				return callers(files, rows[begin:end], i-begin)
			}
		}
		begin = end + 1
	}
	return nil
}

// callers are the frames of a row of one sequence, nil if the table is damaged.
func callers(files []string, sequence []row, at int) []frame {
	var frames []frame
	for {
		r := sequence[at]
		if r.file < 1 || r.file > uint64(len(files)) {
			return nil
		}
		frames = append(frames, frame{files[r.file-1], int(r.line)})
		if r.caller == 0 {
			return frames
		}
		if r.caller > uint64(at) { // what calls comes first in the table
			return nil
		}
		at = int(r.caller) - 1
	}
}
