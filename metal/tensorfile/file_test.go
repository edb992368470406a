package tensorfile

import (
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/nlpodyssey/safetensors"
)

// npy is a .npy file of version 1.0.
func npy(descr, order, shape string, data ...byte) []byte {
	header := "{'descr': '" + descr + "', 'fortran_order': " + order + ", 'shape': (" + shape + "), }\n"
	out := append([]byte(npyMagic+"\x01\x00"), binary.LittleEndian.AppendUint16(nil, uint16(len(header)))...)
	return append(append(out, header...), data...)
}

func TestNpy(t *testing.T) {
	for name, tt := range map[string]struct {
		file  []byte
		dtype safetensors.DType
		shape []int
		want  string // of the error
	}{
		"matrix":         {npy("<f4", "False", "1, 2", 1, 2, 3, 4, 5, 6, 7, 8), safetensors.F32, []int{1, 2}, ""},
		"vector":         {npy("<i2", "False", "2,", 1, 2, 3, 4), safetensors.I16, []int{2}, ""},
		"scalar":         {npy("|u1", "False", "", 9), safetensors.U8, []int{}, ""},
		"bfloat16":       {npy("<V2", "False", "1,", 1, 2), safetensors.BF16, []int{1}, ""},
		"Fortran vector": {npy("<f2", "True", "1,", 1, 2), safetensors.F16, []int{1}, ""},
		"empty":          {npy("<f4", "False", "0, 7"), safetensors.F32, []int{0, 7}, ""},
		"Fortran":        {npy("<f4", "True", "1, 1", 1, 2, 3, 4), 0, nil, "ascontiguousarray"},
		"big endian":     {npy(">f4", "False", "1,", 1, 2, 3, 4), 0, nil, "newbyteorder"},
		"text":           {npy("<U3", "False", "1,"), 0, nil, "type U3 are not read"},
		"cut short":      {npy("<f4", "False", "2,", 1, 2, 3, 4), 0, nil, "cut short"},
		"too large":      {npy("<f8", "False", "2147483647, 2147483647, 9"), 0, nil, "too large"},
		"huge number":    {npy("<f8", "False", "99999999999999999999,"), 0, nil, "too large"},
		"no header":      {[]byte(npyMagic + "\x01\x00\xff\xff__"), 0, nil, "its header would be"},
		"something else": {[]byte("PK\x03\x04 and more bytes"), 0, nil, "numpy.save"},
		"nothing":        {nil, 0, nil, "not a .npy file"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "x.npy")
			if err := os.WriteFile(path, tt.file, 0o600); err != nil {
				t.Fatal(err)
			}
			f, err := Open(path)
			if tt.want != "" {
				if err == nil || !strings.Contains(err.Error(), tt.want) {
					t.Fatalf("%v, want …%s…", err, tt.want)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			info, ok := f.Info("")
			if d := cmp.Diff(tt.shape, info.Shape); !ok || d != "" || info.DType != tt.dtype {
				t.Errorf("%v %v, shape (-want +got)\n%s", ok, info.DType, d)
			}
			data, err := f.Read("")
			if err != nil || string(data) != string(tt.file[len(tt.file)-len(data):]) {
				t.Errorf("data %v, %v", data, err)
			}
		})
	}
}

func TestOnlyRegularFiles(t *testing.T) {
	if _, err := Open(t.TempDir()); err == nil || !strings.Contains(err.Error(), "it is no regular file") {
		t.Errorf("a folder: %v", err)
	}
}

func FuzzParseNpy(f *testing.F) {
	f.Add("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }", int64(24))
	f.Add("{'descr': '<f8', 'fortran_order': False, 'shape': (4294967296, 4294967296), }", int64(1))
	f.Fuzz(func(t *testing.T, header string, size int64) {
		info, err := parseNpy(header, size)
		if err == nil && (info.Bytes < 0 || info.Bytes > size) {
			t.Errorf("%d bytes of %d were accepted", info.Bytes, size)
		}
	})
}

func FuzzParseSafetensors(f *testing.F) {
	f.Add([]byte(`{"a":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},"__metadata__":{"format":"mlx"}}`), int64(24))
	f.Add([]byte(`{"a":{"dtype":"U32","shape":[4294967296,4294967296],"data_offsets":[0,0]}}`), int64(1))
	f.Add([]byte(`{"a":{"dtype":"U8","shape":[],"data_offsets":[18446744073709551615,0]}}`), int64(math.MaxInt64))
	f.Fuzz(func(t *testing.T, header []byte, size int64) {
		if size < 0 {
			return
		}
		tensors, err := parseSafetensors(header, size)
		if err != nil {
			return
		}
		for name, info := range tensors {
			if info.at < 0 || info.Bytes < 0 || info.Bytes > size-info.at {
				t.Errorf("tensor %q at %d with %d of %d bytes was accepted", name, info.at, info.Bytes, size)
			}
		}
	})
}
