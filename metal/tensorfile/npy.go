package tensorfile

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"

	"github.com/nlpodyssey/safetensors"
)

// The .npy format: numpy.lib.format, versions 1.0 to 3.0. Kept libraries either
// crash on a header that is cut short or decode into Go's own types; the header
// is one line, and the data is wanted as it is.
const npyMagic = "\x93NUMPY"

// maxNpyHeader bounds the header, which NumPy itself refuses above 10 000 bytes.
const maxNpyHeader = 10_000

// npyTypes are the element types, by what descr says behind the byte order.
// bfloat16, which NumPy has from ml_dtypes, is saved as two raw bytes.
var npyTypes = map[string]safetensors.DType{
	"b1": safetensors.BOOL, "u1": safetensors.U8, "i1": safetensors.I8, "u2": safetensors.U16, "i2": safetensors.I16,
	"u4": safetensors.U32, "i4": safetensors.I32, "u8": safetensors.U64, "i8": safetensors.I64,
	"f2": safetensors.F16, "f4": safetensors.F32, "f8": safetensors.F64, "V2": safetensors.BF16,
}

var (
	npyDescr = regexp.MustCompile(`'descr':\s*'([<>=|])([A-Za-z]\d+)'`)
	npyOrder = regexp.MustCompile(`'fortran_order':\s*(True|False)`)
	npyShape = regexp.MustCompile(`'shape':\s*\(([0-9,\s]*)\)`)
)

func (f *File) readNpy(size int64) error {
	start := make([]byte, min(size, 12))
	if _, err := f.file.ReadAt(start, 0); err != nil {
		return fmt.Errorf("not a .npy file: %w", err)
	}
	if len(start) < 12 || string(start[:6]) != npyMagic {
		return errors.New("not a .npy file: it does not begin as one; write it with numpy.save")
	}
	at, n := int64(10), int64(binary.LittleEndian.Uint16(start[8:]))
	if start[6] >= 2 {
		at, n = 12, int64(binary.LittleEndian.Uint32(start[8:]))
	}
	if n > maxNpyHeader || at+n > size {
		return fmt.Errorf("not a .npy file: its header would be %d bytes of %d", n, size)
	}
	header := make([]byte, n)
	if _, err := f.file.ReadAt(header, at); err != nil {
		return fmt.Errorf("read header: %w", err)
	}
	info, err := parseNpy(string(header), size-at-n)
	if err != nil {
		return err
	}
	info.at = at + n
	f.tensors = map[string]Info{"": info}
	return nil
}

// parseNpy reads a header, behind which size bytes of data follow.
func parseNpy(header string, size int64) (Info, error) {
	descr, order, shape := npyDescr.FindStringSubmatch(header), npyOrder.FindStringSubmatch(header), npyShape.FindStringSubmatch(header)
	if descr == nil || order == nil || shape == nil {
		return Info{}, fmt.Errorf("header %.100q: want one array of numbers, with descr, fortran_order and shape", header)
	}
	dt, known := npyTypes[descr[2]]
	switch {
	case !known:
		return Info{}, fmt.Errorf("elements of type %s are not read: convert the array with astype", descr[2])
	case descr[1] == ">":
		return Info{}, errors.New("the elements are big-endian: convert the array with astype(a.dtype.newbyteorder('<'))")
	}
	info := Info{DType: dt, Shape: []int{}}
	for _, text := range strings.Split(shape[1], ",") {
		if text = strings.TrimSpace(text); text == "" {
			continue
		}
		d, err := strconv.Atoi(text)
		if err != nil || d > math.MaxInt32 {
			return Info{}, fmt.Errorf("shape (%s) is too large", shape[1])
		}
		info.Shape = append(info.Shape, d)
	}
	if order[1] == "True" && len(info.Shape) > 1 {
		return Info{}, errors.New("the array is in Fortran's order: save numpy.ascontiguousarray of it")
	}
	want, err := info.bytes()
	if err != nil {
		return Info{}, err
	}
	if info.Bytes = want; want > size {
		return Info{}, fmt.Errorf("shape (%s) needs %d bytes, the file has %d: it is cut short", shape[1], want, size)
	}
	return info, nil
}
