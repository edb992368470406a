package cuda

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"path"
)

// readTable reads one unit's line table, header and program, in the form of
// DWARF 2 to 4, 6.2.
func readTable(table []byte) (files []string, rows []row, err error) {
	r := reader{left: table}
	r.bytes(4) // length
	version := r.uint(2)
	program := r.uint(4) // where it begins, from here
	behind := len(r.left)
	var p lineProgram
	p.step = r.uint(1)
	if version >= 4 {
		r.uint(1) // operations in an instruction
	}
	r.uint(1) // whether rows begin as statements
	p.base, p.span, p.first = int64(int8(r.uint(1))), r.uint(1), r.uint(1)
	if p.span == 0 || p.first == 0 {
		return nil, nil, errors.New("its header is damaged")
	}
	p.operands = r.bytes(p.first - 1)
	var folders []string
	for name := r.text(); name != ""; name = r.text() {
		folders = append(folders, name)
	}
	for name := r.text(); name != ""; name = r.text() {
		folder := r.uleb()
		r.uleb() // time
		r.uleb() // size
		if folder >= 1 && folder <= uint64(len(folders)) {
			name = path.Join(folders[folder-1], name)
		}
		files = append(files, name)
	}
	read := uint64(behind - len(r.left))
	if r.err != nil || program < read {
		return nil, nil, errors.New("its header is damaged")
	}
	r.bytes(program - read)
	p.restart()
	for r.err == nil && len(r.left) > 0 {
		p.run(&r)
	}
	return files, p.rows, r.err
}

// lineProgram is the machine that makes a line table's rows.
type lineProgram struct {
	step        uint64 // bytes that an address moves by
	base        int64  // of the lines that special opcodes move by, span of them
	span, first uint64 // first: the first special opcode
	operands    []byte // how many each standard opcode has
	now         row
	rows        []row
}

func (p *lineProgram) restart() { p.now = row{file: 1, line: 1} }
func (p *lineProgram) emit()    { p.rows = append(p.rows, p.now) }

// special moves address and line at once, without a row.
func (p *lineProgram) special(op uint64) {
	p.now.address += (op - p.first) / p.span * p.step
	p.now.line += uint64(p.base + int64((op-p.first)%p.span))
}

// run obeys one opcode. Their numbers: DWARF 4, 7.21.
func (p *lineProgram) run(r *reader) {
	switch op := r.uint(1); {
	case op >= p.first:
		p.special(op)
		p.emit()
	case op == 0:
		e := reader{left: r.bytes(r.uleb())}
		p.extended(&e)
		r.err = errors.Join(r.err, e.err)
	case op == 1: // copy
		p.emit()
	case op == 2: // advance_pc
		p.now.address += r.uleb() * p.step
	case op == 3: // advance_line
		p.now.line += uint64(r.sleb())
	case op == 4: // set_file
		p.now.file = r.uleb()
	case op == 8: // const_add_pc
		p.now.address += (255 - p.first) / p.span * p.step
	case op == 9: // fixed_advance_pc
		p.now.address += r.uint(2)
	default:
		for range p.operands[op-1] {
			r.uleb()
		}
	}
}

// extended obeys an opcode with a length. NVIDIA's own: elfutils, dwarf.h.
func (p *lineProgram) extended(r *reader) {
	switch r.uint(1) {
	case 1: // end_sequence
		p.now.end = true
		p.emit()
		p.restart()
	case 2: // set_address
		p.now.address = r.uint(8)
	case 0x90: // NVIDIA: which row called what follows, and the name of that
		p.now.caller = r.uleb()
	}
}

// reader takes values off the front of some bytes. After an error, all are 0.
type reader struct {
	left []byte
	err  error
}

func (r *reader) bytes(n uint64) []byte {
	if r.err == nil && n > uint64(len(r.left)) {
		r.left, r.err = nil, io.ErrUnexpectedEOF
	}
	if r.err != nil {
		return nil
	}
	out := r.left[:n]
	r.left = r.left[n:]
	return out
}

// uint is an unsigned number of at most 8 bytes, little endian.
func (r *reader) uint(size uint64) uint64 {
	var word [8]byte
	copy(word[:], r.bytes(size))
	return binary.LittleEndian.Uint64(word[:])
}

func (r *reader) text() string {
	n := bytes.IndexByte(r.left, 0)
	if n < 0 {
		r.left, r.err = nil, io.ErrUnexpectedEOF
		return ""
	}
	return string(r.bytes(uint64(n) + 1)[:n])
}

// uleb and sleb are numbers of as many bytes as they need. DWARF 4, 7.6.
func (r *reader) uleb() uint64 {
	v, n := binary.Uvarint(r.left)
	if n <= 0 {
		r.left, r.err = nil, io.ErrUnexpectedEOF
		return 0
	}
	r.left = r.left[n:]
	return v
}

func (r *reader) sleb() int64 {
	before := len(r.left)
	v := r.uleb()
	if bits := 7 * (before - len(r.left)); bits > 0 && bits < 64 && v>>(bits-1) == 1 {
		v |= ^uint64(0) << bits
	}
	return int64(v)
}
