package quant

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"

	"github.com/nlpodyssey/safetensors"
)

// maxHeader bounds a safetensors header, as the format's own reader does.
const maxHeader = 100_000_000

// tensorFile reads single tensors of a safetensors file, which may be far
// larger than memory.
type tensorFile struct {
	file    *os.File
	data    int64 // where the tensors start
	tensors map[string]*safetensors.TensorInfo
}

func openTensorFile(path string) (*tensorFile, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	t := &tensorFile{file: file}
	if err := t.readHeader(); err != nil {
		_ = file.Close()
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return t, nil
}

func (t *tensorFile) readHeader() error {
	stat, err := t.file.Stat()
	if err != nil {
		return err
	}
	var length [8]byte
	if _, err := t.file.ReadAt(length[:], 0); err != nil {
		return fmt.Errorf("not a safetensors file: %w", err)
	}
	n := binary.LittleEndian.Uint64(length[:])
	if n > maxHeader || int64(n) > stat.Size()-8 {
		return fmt.Errorf("not a safetensors file: its header would be %d bytes of %d", n, stat.Size())
	}
	header := make([]byte, n)
	if _, err := t.file.ReadAt(header, 8); err != nil {
		return fmt.Errorf("read header: %w", err)
	}
	tensors, err := parseHeader(header, stat.Size()-8-int64(n))
	if err != nil {
		return err
	}
	t.data, t.tensors = 8+int64(n), tensors
	return nil
}

// parseHeader checks that every tensor lies within size bytes and has the
// length its shape asks for.
func parseHeader(header []byte, size int64) (map[string]*safetensors.TensorInfo, error) {
	var meta safetensors.Metadata
	if err := json.Unmarshal(header, &meta); err != nil {
		return nil, fmt.Errorf("header: %w", err)
	}
	tensors := meta.Tensors()
	for name, info := range tensors {
		begin, end := info.DataOffsets[0], info.DataOffsets[1]
		if begin > end || end > uint64(size) {
			return nil, fmt.Errorf("tensor %s lies at %d to %d of %d bytes: the file is cut short or corrupt", name, begin, end, size)
		}
		want := info.DType.Size()
		for _, d := range info.Shape {
			if d > math.MaxInt32 || want > math.MaxInt64/max(d, 1) {
				return nil, fmt.Errorf("tensor %s: shape %v is too large", name, info.Shape)
			}
			want *= d
		}
		if end-begin != want {
			return nil, fmt.Errorf("tensor %s: %s %v needs %d bytes, has %d", name, info.DType, info.Shape, want, end-begin)
		}
	}
	return tensors, nil
}

// read reads a tensor that the file has.
func (t *tensorFile) read(name string) ([]byte, error) {
	info := t.tensors[name]
	data := make([]byte, info.DataOffsets[1]-info.DataOffsets[0])
	section := io.NewSectionReader(t.file, t.data+int64(info.DataOffsets[0]), int64(len(data)))
	if _, err := io.ReadFull(section, data); err != nil {
		return nil, fmt.Errorf("%s: tensor %s: %w", t.file.Name(), name, err)
	}
	return data, nil
}
