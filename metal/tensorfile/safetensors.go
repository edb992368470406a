package tensorfile

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"

	"github.com/nlpodyssey/safetensors"
)

// maxHeader bounds a safetensors header, as the format's own reader does.
const maxHeader = 100_000_000

// lfsPointer is how a file begins whose content Git LFS has not fetched.
const lfsPointer = "version "

// readSafetensors reads the header.
func (f *File) readSafetensors(size int64) error {
	var length [8]byte
	if _, err := f.file.ReadAt(length[:], 0); err != nil {
		return fmt.Errorf("not a safetensors file: %w", err)
	}
	if string(length[:]) == lfsPointer {
		return fmt.Errorf("a Git LFS pointer, not the tensors: run git lfs pull in its folder")
	}
	n := binary.LittleEndian.Uint64(length[:])
	if n > maxHeader || int64(n) > size-8 {
		return fmt.Errorf("not a safetensors file: its header would be %d bytes of %d", n, size)
	}
	header := make([]byte, n)
	if _, err := f.file.ReadAt(header, 8); err != nil {
		return fmt.Errorf("read header: %w", err)
	}
	tensors, err := parseSafetensors(header, size-8-int64(n))
	if err != nil {
		return err
	}
	for name, t := range tensors {
		t.at += 8 + int64(n)
		tensors[name] = t
	}
	f.tensors = tensors
	return nil
}

// parseSafetensors checks that every tensor lies within size bytes and has the
// length its shape asks for.
func parseSafetensors(header []byte, size int64) (map[string]Info, error) {
	var meta safetensors.Metadata
	if err := json.Unmarshal(header, &meta); err != nil {
		return nil, fmt.Errorf("header: %w", err)
	}
	tensors := map[string]Info{}
	for name, info := range meta.Tensors() {
		begin, end := info.DataOffsets[0], info.DataOffsets[1]
		if begin > end || end > uint64(size) {
			return nil, fmt.Errorf("tensor %s lies at %d to %d of %d bytes: the file is cut short or corrupt", name, begin, end, size)
		}
		t := Info{DType: info.DType, Shape: []int{}, at: int64(begin)}
		for _, d := range info.Shape {
			if d > math.MaxInt32 {
				return nil, fmt.Errorf("tensor %s: shape %v is too large", name, info.Shape)
			}
			t.Shape = append(t.Shape, int(d))
		}
		want, err := t.bytes()
		if err != nil {
			return nil, fmt.Errorf("tensor %s: %w", name, err)
		}
		if t.Bytes = int64(end - begin); t.Bytes != want {
			return nil, fmt.Errorf("tensor %s: %s %v needs %d bytes, has %d", name, info.DType, info.Shape, want, t.Bytes)
		}
		tensors[name] = t
	}
	return tensors, nil
}
