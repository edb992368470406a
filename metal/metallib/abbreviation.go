package metallib

import "slices"

// mostOperands of an abbreviation; LLVM's own have fewer than 20.
const mostOperands = 64

// define reads the definition of an abbreviation.
func (s *stream) define() (out []abbreviation) {
	n := s.variable(5)
	if n == 0 || n > mostOperands {
		s.fail("an abbreviation of the bitcode has %d operands", n)
	}
	for i := uint64(0); i < n && s.err == nil; i++ {
		var a abbreviation
		if s.fixed(1) == 1 {
			a.value = s.variable(8)
		} else if a.encoding = uint8(s.fixed(3)); a.encoding == fixed || a.encoding == variable {
			a.value = s.variable(5)
		}
		out = append(out, a)
	}
	if s.err == nil && !wellFormed(out) {
		s.fail("an abbreviation of the bitcode is not well-formed")
	}
	return out
}

// wellFormed: the first operand is a code, an array is followed by its element
// alone, a blob comes last, and numbers have a width.
func wellFormed(operands []abbreviation) bool {
	for i, a := range operands {
		inArray := i > 0 && operands[i-1].encoding == array
		last := len(operands) - 1
		switch a.encoding {
		case literal:
			if inArray {
				return false
			}
		case fixed, variable:
			if a.value == 0 && inArray || a.value > 32 || a.encoding == variable && a.value == 1 {
				return false
			}
		case array:
			if i == 0 || inArray || i != last-1 {
				return false
			}
		case char6:
		case blob:
			if i == 0 || inArray || i != last {
				return false
			}
		default:
			return false
		}
	}
	return true
}

// share keeps an abbreviation that BLOCKINFO defines for another block.
func (s *stream) share(a []abbreviation) {
	if s.target == nil {
		s.fail("the bitcode defines an abbreviation for no block")
		return
	}
	s.info[*s.target] = append(s.info[*s.target], a)
}

// blockInfo is the handler of BLOCKINFO, whose SETBID record chooses a block.
func (s *stream) blockInfo() *handler {
	const setBlock = 1
	s.target = nil
	if s.info == nil {
		s.info = map[uint64][][]abbreviation{}
	}
	return &handler{record: func(code uint64, ops []uint64, _ []byte) error {
		if code == setBlock && len(ops) > 0 {
			id := ops[0]
			s.target = &id
		}
		return nil
	}}
}

// abbreviated reads a record in an abbreviation's form.
func (s *stream) abbreviated(form []abbreviation, h *handler) {
	code := s.scalar(form[0])
	s.ops = s.ops[:0]
	var data []byte
	for i := 1; i < len(form) && s.err == nil; i++ {
		switch form[i].encoding {
		case array:
			i++
			s.array(form[i])
		case blob:
			data = s.blob()
		default:
			s.ops = append(s.ops, s.scalar(form[i]))
		}
	}
	s.record(h, code, data)
}

func (s *stream) scalar(a abbreviation) uint64 {
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._"
	switch {
	case a.encoding == literal:
		return a.value
	case a.encoding == char6:
		return uint64(letters[s.fixed(6)])
	case a.value == 0: // as LLVM writes a number that is always zero
		return 0
	case a.encoding == fixed:
		return s.fixed(a.value)
	}
	return s.variable(a.value)
}

func (s *stream) array(element abbreviation) {
	width := element.value
	if element.encoding == char6 {
		width = 6
	}
	n := s.variable(6)
	if n > s.left()/width {
		s.fail("a record of the bitcode does not fit")
		return
	}
	s.ops = slices.Grow(s.ops, int(n))
	for range n {
		s.ops = append(s.ops, s.scalar(element))
	}
}

func (s *stream) blob() []byte {
	n := s.variable(6)
	s.align()
	if s.err == nil && n > s.left()/8 {
		s.fail("a record of the bitcode does not fit")
	}
	if s.err != nil {
		return nil
	}
	data := s.data[s.at/8 : s.at/8+n]
	s.at += n * 8
	s.align()
	return data
}
