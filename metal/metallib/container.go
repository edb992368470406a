package metallib

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/assay-bench/assay/metal/internal/near"
	"github.com/assay-bench/assay/metal/regular"
)

// kernelType is a kernel among the types of functions in the list.
const kernelType = 2

// Library is an open file. It may be used from several goroutines at a time.
type Library struct {
	name      string // file name, for messages
	file      io.ReaderAt
	close     func() error
	functions []entry
	byName    map[string]int
	digest    [sha256.Size]byte // of the list
}

// entry is one function of the list.
type entry struct {
	name         string
	kind         uint8
	hash         []byte // SHA-256 of the bitcode
	offset, size int64  // of the bitcode, in the file
}

// Function is one kernel.
type Function struct {
	Name string
	// Bitcode is an LLVM module, in a wrapper as Apple's compiler writes it, which
	// clang reads. It is the caller's.
	Bitcode []byte

	library string
}

// Open reads the list of functions of a file, which stays open.
func Open(path string) (*Library, error) {
	name := filepath.Base(path)
	f, info, err := regular.Open(path)
	if errors.Is(err, regular.ErrIrregular) {
		return nil, fmt.Errorf("%s: it is not a regular file: name a .metallib file", path)
	}
	if err != nil {
		return nil, err
	}
	l, err := read(name, f, info.Size())
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", path, err), f.Close())
	}
	l.close = f.Close
	return l, nil
}

// Close closes the file. Functions that were read stay good.
func (l *Library) Close() error { return l.close() }

// Magic is what a library begins with.
const Magic = "MTLB"

// headerSize and what it has. All numbers are little-endian.
//
//	 0  Magic
//	16  size of the file
//	24  offset and size of the list of functions, of public metadata, of
//	    private metadata, and of the bitcode
const headerSize = 88

// read reads the list of functions.
func read(name string, file io.ReaderAt, size int64) (*Library, error) {
	header := make([]byte, headerSize)
	n, err := file.ReadAt(header, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if err := checkMagic(header[:n], size); err != nil {
		return nil, err
	}
	at := func(i int) uint64 { return binary.LittleEndian.Uint64(header[i:]) }
	switch said := at(16); {
	case said > uint64(size):
		return nil, fmt.Errorf("it is cut off: it has %d bytes, and its header says %d", size, said)
	case said < uint64(size):
		return nil, fmt.Errorf("it has %d bytes, and its header says %d: is something appended to it?", size, said)
	}
	list, length := at(24), at(32)
	code, codeSize := at(72), at(80)
	const count = 4 // bytes before the list, which its size does not count
	if !within(list, count, uint64(size)) || !within(list+count, length, uint64(size)) || !within(code, codeSize, uint64(size)) {
		return nil, errors.New("it is damaged: its header points behind its end")
	}
	data := make([]byte, count+length)
	if _, err := file.ReadAt(data, int64(list)); err != nil {
		return nil, err
	}
	l := &Library{name: name, file: file, digest: sha256.Sum256(data)}
	if err := l.list(data, code, codeSize); err != nil {
		return nil, err
	}
	if len(l.byName) == 0 {
		return nil, fmt.Errorf("it has no kernels, but %d other functions", len(l.functions))
	}
	return l, nil
}

func within(offset, size, all uint64) bool { return offset <= all && size <= all-offset }

// checkMagic says what a file is that is no library.
func checkMagic(header []byte, size int64) error {
	starts := func(magic string) bool { return strings.HasPrefix(string(header), magic) }
	switch {
	case size == 0:
		return errors.New("it is empty")
	case starts(Magic) && len(header) < headerSize:
		return fmt.Errorf("it is cut off: it has %d bytes, and the header alone has %d", size, headerSize)
	case starts(Magic):
		return nil
	case starts("\xCA\xFE\xBA\xBE"), starts("\xCB\xFE\xBA\xBE"):
		return errors.New("it is a universal file with libraries for several architectures: name one that has a single library")
	case starts("\xDE\xC0\x17\x0B"), starts("BC\xC0\xDE"):
		return errors.New("it is LLVM bitcode, as in .air files, and no library: make one of it with Apple's metallib tool")
	}
	return errors.New("it is not a Metal library, which begins with " + Magic)
}

// list reads the entries. Each is a size, which counts itself, and tags: a name of
// four letters, a length of two bytes and so much data, to ENDT.
func (l *Library) list(data []byte, code, codeSize uint64) error {
	n := uint64(binary.LittleEndian.Uint32(data))
	data = data[4:]
	const least = 8 // bytes of an entry: its size and ENDT
	if n > uint64(len(data)/least) {
		return fmt.Errorf("it is damaged: a list of %d bytes cannot have %d functions", len(data), n)
	}
	l.functions = make([]entry, 0, n)
	l.byName = make(map[string]int, n)
	for i := range n {
		if len(data) < least {
			return fmt.Errorf("it is damaged: its list ends after %d of %d functions", i, n)
		}
		size := binary.LittleEndian.Uint32(data)
		if size < least || uint64(size) > uint64(len(data)) {
			return fmt.Errorf("it is damaged: entry %d of its list does not fit", i)
		}
		e, err := readEntry(data[4:size])
		if err != nil {
			return fmt.Errorf("it is damaged: entry %d of its list: %w", i, err)
		}
		if !within(uint64(e.offset), uint64(e.size), codeSize) {
			return fmt.Errorf("it is damaged: the bitcode of %q lies outside the file", e.name)
		}
		e.offset += int64(code)
		if e.kind == kernelType {
			l.byName[e.name] = len(l.functions)
		}
		l.functions = append(l.functions, e)
		data = data[size:]
	}
	return nil
}

func readEntry(tags []byte) (e entry, err error) {
	located, sized := false, false
	for {
		if len(tags) < 4 {
			return e, errors.New("it has no end")
		}
		tag := string(tags[:4])
		if tags = tags[4:]; tag == "ENDT" {
			break
		}
		if len(tags) < 2 {
			return e, fmt.Errorf("tag %q is cut off", tag)
		}
		size := int(binary.LittleEndian.Uint16(tags))
		if size > len(tags)-2 {
			return e, fmt.Errorf("tag %q is cut off", tag)
		}
		data := tags[2 : 2+size]
		tags = tags[2+size:]
		switch {
		case tag == "NAME":
			e.name = string(bytes.TrimRight(data, "\x00"))
		case tag == "TYPE" && size == 1:
			e.kind = data[0]
		case tag == "HASH" && size == sha256.Size:
			e.hash = data
		case tag == "OFFT" && size == 24: // in public metadata, private metadata and bitcode
			e.offset, located = int64(binary.LittleEndian.Uint64(data[16:])), true
		case tag == "MDSZ" && size == 8:
			e.size, sized = int64(binary.LittleEndian.Uint64(data)), true
		}
	}
	if e.name == "" || e.hash == nil || !located || !sized {
		return e, errors.New("its name, or the hash or place of its bitcode, is missing")
	}
	return e, nil
}

// Digest tells libraries apart whose kernels differ. It is that of the list of
// functions, which has the hash of each one's bitcode.
func (l *Library) Digest() string { return hex.EncodeToString(l.digest[:8]) }

// Names lists the kernels, in the file's order.
func (l *Library) Names() []string {
	names := make([]string, 0, len(l.byName))
	for i, e := range l.functions {
		if at, ok := l.byName[e.name]; ok && at == i {
			names = append(names, e.name)
		}
	}
	return names
}

// Function reads the bitcode of a kernel. One that is not there gives
// metal.ErrNoKernel, and the message names near ones.
func (l *Library) Function(name string) (*Function, error) {
	i, ok := l.byName[name]
	if !ok {
		return nil, near.NoKernel(l.name, name, l.Names())
	}
	e := l.functions[i]
	f := &Function{Name: name, Bitcode: make([]byte, e.size), library: l.name}
	if _, err := l.file.ReadAt(f.Bitcode, e.offset); err != nil {
		return nil, fmt.Errorf("%s: kernel %s: %w", l.name, name, err)
	}
	if sum := sha256.Sum256(f.Bitcode); !bytes.Equal(sum[:], e.hash) {
		return nil, fmt.Errorf("%s: kernel %s: the file is damaged: its bitcode does not have the hash that the file states", l.name, name)
	}
	return f, nil
}
