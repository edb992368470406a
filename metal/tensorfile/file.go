package tensorfile

import (
	"fmt"
	"io"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/nlpodyssey/safetensors"

	"github.com/assay-bench/assay/metal/regular"
)

// Info is what a header says of a tensor. Its data is little-endian and in the
// order of rows.
type Info struct {
	DType safetensors.DType
	Shape []int // none: a scalar
	Bytes int64

	at int64 // where it begins in the file
}

// bytes that the shape asks for.
func (t Info) bytes() (int64, error) {
	want := int64(t.DType.Size())
	for _, d := range t.Shape {
		if d < 0 || want > math.MaxInt64/max(int64(d), 1) {
			return 0, fmt.Errorf("shape %v is too large", t.Shape)
		}
		want *= int64(d)
	}
	return want, nil
}

// File is an open file. Its methods may be called from one goroutine at a time.
type File struct {
	file    *os.File
	tensors map[string]Info
}

// Open reads the header of a file: of NumPy's format if its name ends in .npy,
// else of safetensors.
func Open(path string) (*File, error) {
	file, info, err := regular.Open(path)
	if err != nil {
		return nil, err
	}
	f := &File{file: file}
	read := f.readSafetensors
	if strings.EqualFold(filepath.Ext(path), ".npy") {
		read = f.readNpy
	}
	if err := read(info.Size()); err != nil {
		_ = file.Close()
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return f, nil
}

// Path is the file's name as it was opened.
func (f *File) Path() string { return f.file.Name() }

// Names lists the tensors, sorted. The one of a .npy file has the empty name.
func (f *File) Names() []string { return slices.Sorted(maps.Keys(f.tensors)) }

// Info of a tensor; ok is false if there is none of the name.
func (f *File) Info(name string) (info Info, ok bool) {
	info, ok = f.tensors[name]
	return info, ok
}

// Read reads the data of a tensor.
func (f *File) Read(name string) ([]byte, error) { return f.ReadFirst(name, math.MaxInt64) }

// ReadFirst reads the first n bytes of a tensor, or all if it has no more.
func (f *File) ReadFirst(name string, n int64) ([]byte, error) {
	info, ok := f.tensors[name]
	if !ok {
		return nil, fmt.Errorf("%s: no tensor %q", f.Path(), name)
	}
	data := make([]byte, min(n, info.Bytes))
	if _, err := io.ReadFull(io.NewSectionReader(f.file, info.at, int64(len(data))), data); err != nil {
		return nil, fmt.Errorf("%s: tensor %s: %w", f.Path(), name, err)
	}
	return data, nil
}

// Close closes the file.
func (f *File) Close() error { return f.file.Close() }
