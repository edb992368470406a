package metallib

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
)

// Blocks and records that are read. LLVM 16, llvm/Bitcode/LLVMBitCodes.h.
const (
	moduleBlock    = 8
	constantsBlock = 11
	metadataBlock  = 15

	moduleGlobal   = 7
	moduleFunction = 8
	moduleAliasOld = 9
	moduleAlias    = 14
	moduleIFunc    = 15

	constantType    = 1
	constantNull    = 2
	constantInteger = 4

	metadataStringOld = 1
	metadataValue     = 2
	metadataNode      = 3
	metadataName      = 4
	metadataDistinct  = 5
	metadataKind      = 6
	metadataNamed     = 10
	metadataStrings   = 35
	metadataGlobal    = 36
	metadataOffset    = 38
	metadataIndex     = 39
	metadataArguments = 46
)

// module is what metadata of an LLVM module stands on: whole numbers among its
// values, and its metadata.
type module struct {
	values   []number
	metadata []item
	letters  []byte              // of all strings
	operands []uint64            // of all nodes: one more than an index into metadata, 0 for null
	named    map[string][]uint64 // of named nodes, by index into metadata
	name     string              // of the named node that comes next
	room     int                 // for so many more of all this
}

// number is a value of the module; ok is false of what is no whole number.
type number struct {
	v  int64
	ok bool
}

// item is one piece of metadata: a string of letters, a node of operands, or the
// value at from.
type item struct {
	kind     itemKind
	from, to uint32
}

type itemKind uint8

const (
	otherItem itemKind = iota
	stringItem
	valueItem
	nodeItem
)

// readModule reads bitcode, with or without its wrapper.
func readModule(bitcode []byte) (*module, error) {
	bitcode, err := unwrap(bitcode)
	if err != nil {
		return nil, err
	}
	if len(bitcode) > math.MaxInt32 {
		return nil, errors.New("the bitcode is larger than 2 GiB")
	}
	m := &module{named: map[string][]uint64{}, room: len(bitcode)}
	seen := false
	s := &stream{data: bitcode}
	err = s.top(&handler{enter: func(id uint64) *handler {
		if id != moduleBlock || seen {
			return nil
		}
		seen = true
		return &handler{record: m.global, enter: m.block}
	}})
	if err == nil && !seen {
		err = errors.New("the bitcode has no module")
	}
	if err != nil {
		return nil, err
	}
	return m, nil
}

// unwrap drops the wrapper and the magic number. LLVM Bitcode File Format,
// "Bitcode Wrapper Format".
func unwrap(b []byte) ([]byte, error) {
	const wrapper, magic, header = 0x0B17C0DE, 0xDEC04342, 20
	if len(b) >= header && binary.LittleEndian.Uint32(b) == wrapper {
		offset, size := uint64(binary.LittleEndian.Uint32(b[8:])), uint64(binary.LittleEndian.Uint32(b[12:]))
		if offset < header || offset+size > uint64(len(b)) {
			return nil, fmt.Errorf("the bitcode's wrapper says %d bytes from %d on, of %d", size, offset, len(b))
		}
		b = b[offset : offset+size]
	}
	if len(b) < 4 || binary.LittleEndian.Uint32(b) != magic {
		return nil, errors.New("it is not LLVM bitcode")
	}
	return b[4:], nil
}

// take takes room for values, metadata and operands. In what LLVM writes there is
// less than one to a byte; abbreviations can be made that have more.
func (m *module) take(n int) error {
	if m.room -= n; m.room < 0 {
		return errors.New("the bitcode has more values than its size allows")
	}
	return nil
}

// global counts the values that a module's own records define.
func (m *module) global(code uint64, _ []uint64, _ []byte) error {
	switch code {
	case moduleGlobal, moduleFunction, moduleAliasOld, moduleAlias, moduleIFunc:
		m.values = append(m.values, number{})
		return m.take(1)
	}
	return nil
}

func (m *module) block(id uint64) *handler {
	switch id {
	case constantsBlock:
		return &handler{record: m.constant}
	case metadataBlock:
		return &handler{record: m.meta}
	}
	return nil
}

// constant reads a constant; each but a change of type defines a value.
func (m *module) constant(code uint64, ops []uint64, _ []byte) error {
	n := number{}
	switch {
	case code == constantType:
		return nil
	case code == constantNull:
		n.ok = true
	case code == constantInteger && len(ops) > 0:
		n.ok = true
		if n.v = int64(ops[0] >> 1); ops[0]&1 == 1 { // the sign is the lowest bit
			n.v = -n.v
		}
	}
	m.values = append(m.values, n)
	return m.take(1)
}

// meta reads a record of metadata.
func (m *module) meta(code uint64, ops []uint64, data []byte) error {
	add := func(i item) { m.metadata = append(m.metadata, i) }
	if err := m.take(1 + len(ops)); err != nil {
		return err
	}
	switch code {
	case metadataStrings:
		return m.strings(ops, data)
	case metadataStringOld:
		from := len(m.letters)
		m.letters = append(m.letters, text(ops)...)
		add(item{stringItem, uint32(from), uint32(len(m.letters))})
	case metadataValue:
		if len(ops) != 2 || ops[1] > math.MaxUint32 {
			return errors.New("a value in the metadata is not a type and a value")
		}
		add(item{kind: valueItem, from: uint32(ops[1])})
	case metadataNode, metadataDistinct:
		from := len(m.operands)
		m.operands = append(m.operands, ops...)
		add(item{nodeItem, uint32(from), uint32(len(m.operands))})
	case metadataName:
		m.name = text(ops)
	case metadataNamed:
		m.named[m.name] = append([]uint64(nil), ops...)
	case metadataKind, metadataGlobal, metadataOffset, metadataIndex, metadataArguments:
	default: // debug information counts, too
		add(item{})
	}
	return nil
}

// strings reads all strings of the metadata: a count, the offset of their letters
// in the blob, and before it their lengths.
func (m *module) strings(ops []uint64, data []byte) error {
	if len(ops) != 2 || ops[1] > uint64(len(data)) || ops[0] > 8*ops[1]/6 {
		return errors.New("the strings of the metadata do not fit")
	}
	if err := m.take(int(ops[0])); err != nil {
		return err
	}
	lengths := &stream{data: data[:ops[1]], end: ops[1] * 8}
	at, end := len(m.letters), len(m.letters)+len(data)-int(ops[1])
	m.letters = append(m.letters, data[ops[1]:]...)
	for range ops[0] {
		n := lengths.variable(6)
		if lengths.err != nil || n > uint64(end-at) {
			return errors.New("the strings of the metadata do not fit")
		}
		m.metadata = append(m.metadata, item{stringItem, uint32(at), uint32(at + int(n))})
		at += int(n)
	}
	return nil
}

// text is what a record has letter by letter.
func text(ops []uint64) string {
	letters := make([]byte, len(ops))
	for i, c := range ops {
		letters[i] = byte(c)
	}
	return string(letters)
}
