package metallib

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
)

// errEnds: the bitcode needs more bits than it has.
var errEnds = errors.New("the bitcode ends early")

// Abbreviation ids that every block has. LLVM Bitcode File Format, "Abbreviation IDs".
const (
	idEndBlock = iota
	idEnterBlock
	idDefineAbbreviation
	idUnabbreviated
	idFirstAbbreviation
)

// blockInfo is the block that defines abbreviations for others.
const blockInfo = 0

// handler takes what a block has. What is nil is skipped.
type handler struct {
	// record gets a record. ops and blob are valid during the call.
	record func(code uint64, ops []uint64, blob []byte) error
	// enter gives the handler of a block inside; nil: the block is skipped.
	enter func(id uint64) *handler
}

// stream reads a bitstream. An error stays: what is read after it is zero.
type stream struct {
	data []byte
	at   uint64 // in bits
	end  uint64 // of the innermost block
	err  error
	ops  []uint64                    // of the record that was read last
	info map[uint64][][]abbreviation // what BLOCKINFO defines, by block

	target *uint64 // block that BLOCKINFO defines for; nil: none yet
}

// abbreviation is one operand of an abbreviated record.
type abbreviation struct {
	encoding uint8
	value    uint64 // of a literal, or a width
}

// Encodings of an operand. LLVM Bitcode File Format, "DEFINE_ABBREV Encoding".
const (
	literal = iota
	fixed
	variable
	array
	char6
	blob
)

func (s *stream) left() uint64 { return s.end - s.at }

func (s *stream) fail(format string, args ...any) {
	if s.err == nil {
		s.err = fmt.Errorf(format, args...)
	}
}

// fixed reads a number of up to 32 bits.
func (s *stream) fixed(width uint64) uint64 {
	if s.err != nil || width > s.left() {
		if s.err == nil {
			s.err = errEnds
		}
		return 0
	}
	var word uint64
	if i := s.at / 8; i+8 <= uint64(len(s.data)) {
		word = binary.LittleEndian.Uint64(s.data[i:])
	} else {
		var last [8]byte
		copy(last[:], s.data[i:])
		word = binary.LittleEndian.Uint64(last[:])
	}
	word >>= s.at % 8
	s.at += width
	return word & (1<<width - 1)
}

// variable reads a number in chunks of a width, each with a bit that says whether
// another follows.
func (s *stream) variable(width uint64) (v uint64) {
	more := uint64(1) << (width - 1)
	for shift := uint64(0); ; shift += width - 1 {
		chunk := s.fixed(width)
		v |= chunk & (more - 1) << shift
		if chunk&more == 0 {
			return v
		}
		if shift+width-1 >= 64 {
			s.fail("a number of the bitcode has more than 64 bits")
			return 0
		}
	}
}

func (s *stream) align() {
	if at := (s.at + 31) / 32 * 32; at <= s.end {
		s.at = at
	} else if s.err == nil {
		s.err = errEnds
	}
}

// top reads the blocks of a whole stream.
func (s *stream) top(h *handler) error {
	s.end = uint64(len(s.data)) * 8
	for s.err == nil && s.left() >= 64 {
		if id := s.fixed(2); id != idEnterBlock {
			if id == idEndBlock {
				break // padding
			}
			s.fail("the bitcode has no block where one must begin")
			break
		}
		s.enter(h)
	}
	return s.err
}

// enter reads or skips the block that begins here.
func (s *stream) enter(h *handler) {
	id := s.variable(8)
	width := s.variable(4)
	s.align()
	bits := s.fixed(32) * 32
	if s.err == nil && (bits > s.left() || width < 2 || width > 32) {
		s.fail("block %d of the bitcode does not fit", id)
	}
	if s.err != nil {
		return
	}
	outer, end := s.end, s.at+bits
	var inner *handler
	if id == blockInfo {
		inner = s.blockInfo()
	} else if h.enter != nil {
		inner = h.enter(id)
	}
	if inner != nil {
		s.end = end
		s.block(id, width, inner)
	}
	s.at, s.end = end, outer
}

// block reads a block to its end. Blocks are read as deep as there are handlers.
func (s *stream) block(id, width uint64, h *handler) {
	shared := s.info[id]
	var own [][]abbreviation
	for s.err == nil {
		switch kind := s.fixed(width); kind {
		case idEndBlock:
			return
		case idEnterBlock:
			s.enter(h)
		case idDefineAbbreviation:
			if a := s.define(); id == blockInfo {
				s.share(a)
			} else {
				own = append(own, a)
			}
		case idUnabbreviated:
			code := s.variable(6)
			n := s.variable(6)
			if n > s.left()/6 {
				s.fail("a record of the bitcode does not fit")
				return
			}
			s.ops = slices.Grow(s.ops[:0], int(n))
			for range n {
				s.ops = append(s.ops, s.variable(6))
			}
			s.record(h, code, nil)
		default:
			n := kind - idFirstAbbreviation
			switch {
			case n < uint64(len(shared)):
				s.abbreviated(shared[n], h)
			case n-uint64(len(shared)) < uint64(len(own)):
				s.abbreviated(own[n-uint64(len(shared))], h)
			default:
				s.fail("the bitcode uses abbreviation %d, which it does not define", kind)
			}
		}
	}
}

func (s *stream) record(h *handler, code uint64, data []byte) {
	if s.err == nil && h.record != nil {
		s.err = h.record(code, s.ops, data)
	}
}
