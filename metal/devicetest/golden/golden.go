// Package golden holds tensors that a real MLX computed, embedded so that a test
// binary carries them to machines that have neither Go nor this source. README.md
// beside the files says how they were made and what each is good for. Imported by
// metal/devicetest.
package golden

import (
	"crypto/sha256"
	"embed"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/nlpodyssey/safetensors"

	"github.com/assay-bench/assay/metal/dtype"
)

//go:embed testdata/*.safetensors testdata/SHA256SUMS
var files embed.FS

// File is one opened golden file.
type File struct {
	Name    string
	Meta    map[string]string
	Inputs  []Input // how the generated inputs were made
	tensors safetensors.SafeTensors
}

// sums reads the list of files and their digests. An empty list is an error:
// a test over no tensors must not pass.
func sums() (names []string, digests map[string]string, err error) {
	data, err := files.ReadFile("testdata/SHA256SUMS")
	if err != nil {
		return nil, nil, fmt.Errorf("golden: %w", err)
	}
	digests = map[string]string{}
	for line := range strings.Lines(string(data)) {
		fields := strings.Fields(line)
		if len(fields) != 2 {
			return nil, nil, fmt.Errorf("golden: SHA256SUMS: malformed line %q", line)
		}
		name := strings.TrimSuffix(fields[1], ".safetensors")
		names, digests[name] = append(names, name), fields[0]
	}
	if len(names) == 0 {
		return nil, nil, fmt.Errorf("golden: SHA256SUMS lists no file")
	}
	return names, digests, nil
}

// Names lists every golden file, without the extension. It fails when a file
// lies in the folder unlisted or is listed and missing.
func Names() ([]string, error) {
	names, digests, err := sums()
	if err != nil {
		return nil, err
	}
	entries, err := files.ReadDir("testdata")
	if err != nil {
		return nil, fmt.Errorf("golden: %w", err)
	}
	found := 0
	for _, e := range entries {
		name, ok := strings.CutSuffix(e.Name(), ".safetensors")
		if !ok {
			continue
		}
		if digests[name] == "" {
			return nil, fmt.Errorf("golden: %s is not in SHA256SUMS", e.Name())
		}
		found++
	}
	if found != len(names) {
		return nil, fmt.Errorf("golden: SHA256SUMS lists %d files, %d are there", len(names), found)
	}
	return names, nil
}

// Open reads a file by name, without its extension. It fails when the bytes
// are not those that SHA256SUMS lists.
func Open(name string) (*File, error) {
	_, digests, err := sums()
	if err != nil {
		return nil, err
	}
	data, err := files.ReadFile("testdata/" + name + ".safetensors")
	if err != nil {
		return nil, fmt.Errorf("golden %s: %w", name, err)
	}
	if got := fmt.Sprintf("%x", sha256.Sum256(data)); got != digests[name] {
		return nil, fmt.Errorf("golden %s: sha256 is %s, SHA256SUMS says %q", name, got, digests[name])
	}
	_, meta, err := safetensors.ReadMetadata(data)
	if err != nil {
		return nil, fmt.Errorf("golden %s: %w", name, err)
	}
	f := &File{Name: name, Meta: meta.Metadata()}
	if f.tensors, err = safetensors.Deserialize(data); err != nil {
		return nil, fmt.Errorf("golden %s: %w", name, err)
	}
	if err := json.Unmarshal([]byte(f.Meta["inputs"]), &f.Inputs); err != nil {
		return nil, fmt.Errorf("golden %s: inputs: %w", name, err)
	}
	return f, nil
}

// Tensor is one stored tensor.
type Tensor struct {
	Name  string
	DType string // F32, F16, BF16, U32
	Shape []int
	Data  []byte
}

// Has reports whether the file stores a tensor.
func (f *File) Has(name string) bool { _, ok := f.tensors.Tensor(name); return ok }

// Tensor finds a tensor by name.
func (f *File) Tensor(name string) (Tensor, error) {
	view, ok := f.tensors.Tensor(name)
	if !ok {
		return Tensor{}, fmt.Errorf("golden %s: no tensor %q", f.Name, name)
	}
	t := Tensor{Name: name, DType: view.DType().String(), Data: view.Data()}
	for _, d := range view.Shape() {
		t.Shape = append(t.Shape, int(d))
	}
	return t, nil
}

// Floats widens a float tensor.
func (f *File) Floats(name string) ([]float32, error) {
	t, err := f.Tensor(name)
	if err != nil {
		return nil, err
	}
	dt, err := dtype.Parse(strings.ToLower(t.DType))
	if err != nil {
		return nil, fmt.Errorf("golden %s: %s: %w", f.Name, name, err)
	}
	return dt.Floats(t.Data)
}

// Uint32s reads an index tensor.
func (f *File) Uint32s(name string) ([]uint32, error) {
	t, err := f.Tensor(name)
	if err != nil {
		return nil, err
	}
	if t.DType != "U32" {
		return nil, fmt.Errorf("golden %s: %s is %s, want U32", f.Name, name, t.DType)
	}
	out := make([]uint32, len(t.Data)/4)
	for i := range out {
		out[i] = binary.LittleEndian.Uint32(t.Data[4*i:])
	}
	return out, nil
}

// Input says how one input tensor was generated.
type Input struct {
	Name   string  `json:"name"`
	Seed   uint64  `json:"seed"`
	Shape  []int   `json:"shape"`
	DType  string  `json:"dtype"`
	Scale  float32 `json:"scale"`
	Offset float32 `json:"offset"`
	Stored bool    `json:"stored"` // false: only what was made from it is in the file
}

// Input finds how a tensor was generated.
func (f *File) Input(name string) (Input, error) {
	for _, in := range f.Inputs {
		if in.Name == name {
			return in, nil
		}
	}
	return Input{}, fmt.Errorf("golden %s: no input %q", f.Name, name)
}

// Values makes the tensor again: splitmix64's high 24 bits as a number in
// [-1,1), scaled and shifted in float32, then rounded to the dtype.
func (in Input) Values() ([]float32, error) {
	dt, err := dtype.Parse(in.DType)
	if err != nil {
		return nil, fmt.Errorf("golden input %s: %w", in.Name, err)
	}
	n := 1
	for _, d := range in.Shape {
		n *= d
	}
	out := make([]float32, n)
	state := in.Seed
	for i := range out {
		state += 0x9E3779B97F4A7C15
		z := state
		z = (z ^ z>>30) * 0xBF58476D1CE4E5B9
		z = (z ^ z>>27) * 0x94D049BB133111EB
		z ^= z >> 31
		u := float32(z>>40)*0x1p-23 - 1 // exact
		out[i] = dt.Round(float32(u*in.Scale) + in.Offset)
	}
	return out, nil
}
