package moe

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/assay-bench/assay/metal/dtype"
	"github.com/assay-bench/assay/metal/quant"
)

// The shape of every checkpoint of these tests.
const (
	fixtureHidden, fixtureInner  = 128, 64
	fixtureExperts, fixtureTopK  = 4, 2
	fixtureLayers, fixtureSparse = 3, 2 // the first layer has no experts
)

// fixture is the folder of an MLX model that is to be written, as mlx-lm writes it.
type fixture struct {
	t       *testing.T
	family  family
	config  map[string]any
	tensors map[string]tensor
	file    func(tensor string) string
	raw     map[string][]byte // files that are written as they are
	weights map[string]*quant.Tensor
}

type tensor struct {
	dtype string
	shape []int
	data  []byte
}

// newFixture is a model of a family with all of its experts in one format, in two
// files with an index.
func newFixture(t *testing.T, modelType string, f quant.Format) *fixture {
	t.Helper()
	x := &fixture{
		t: t, family: familyOf(modelType), tensors: map[string]tensor{}, raw: map[string][]byte{}, weights: map[string]*quant.Tensor{},
		file: func(tensor string) string {
			if strings.HasPrefix(tensor, "model.layers.2.") {
				return "model-00002-of-00002.safetensors"
			}
			return "model-00001-of-00002.safetensors"
		},
	}
	quantization := map[string]any{"bits": f.Bits, "group_size": f.Group, "mode": f.Mode.String()}
	x.config = map[string]any{
		"model_type": modelType, "num_hidden_layers": fixtureLayers, "hidden_size": fixtureHidden, x.family.count: fixtureExperts,
		x.family.inner: fixtureInner, "num_experts_per_tok": fixtureTopK, "quantization": quantization, "quantization_config": quantization,
	}
	for layer := range fixtureLayers {
		x.tensors[fmt.Sprintf("model.layers.%d.input_layernorm.weight", layer)] = x.numbers(f.DType, fixtureHidden)
		x.tensors[fmt.Sprintf("model.layers.%d.post_attention_layernorm.weight", layer)] = x.numbers(f.DType, fixtureHidden)
	}
	for layer := fixtureLayers - fixtureSparse; layer < fixtureLayers; layer++ {
		for p := gate; p < x.family.parts(); p++ {
			x.quantized(layer, p, f)
		}
	}
	return x
}

func (x *fixture) numbers(dt dtype.DType, n int) tensor {
	return tensor{strings.ToUpper(dt.String()), []int{n}, make([]byte, n*dt.Size())}
}

// quantized stores random weights of a part in a format.
func (x *fixture) quantized(layer int, p part, f quant.Format) {
	x.t.Helper()
	shape := Model{Hidden: fixtureHidden, Inter: fixtureInner, Shared: 1}
	experts, n, k := p.shape(shape, fixtureExperts)
	w, err := quant.Random(uint64(100*layer)+uint64(p), f, experts, n, k, 1)
	if err != nil {
		x.t.Fatal(err)
	}
	prefix := x.family.prefix(layer, p)
	x.weights[prefix] = w
	dims := func(last int) []int {
		if p >= sharedGate {
			return []int{n, last}
		}
		return []int{experts, n, last}
	}
	scales := strings.ToUpper(f.DType.String())
	if f.Mode != quant.Affine {
		scales = "U8"
	} else {
		x.tensors[prefix+".biases"] = tensor{scales, dims(k / f.Group), w.Biases}
	}
	x.tensors[prefix+".weight"] = tensor{"U32", dims(k * f.Bits / 32), w.Packed}
	x.tensors[prefix+".scales"] = tensor{scales, dims(k / f.Group), w.Scales}
}

// own gives a part of a layer a format that differs from the rest, as mixed recipes
// do.
func (x *fixture) own(layer int, p part, f quant.Format) {
	x.t.Helper()
	x.quantized(layer, p, f)
	x.config["quantization"].(map[string]any)[x.family.prefix(layer, p)] = map[string]any{"bits": f.Bits, "group_size": f.Group, "mode": f.Mode.String()}
}

// write makes the folder.
func (x *fixture) write() string {
	x.t.Helper()
	dir := filepath.Join(x.t.TempDir(), "made")
	if err := os.Mkdir(dir, 0o700); err != nil {
		x.t.Fatal(err)
	}
	files, index := map[string]map[string]tensor{}, map[string]string{}
	for name, t := range x.tensors {
		file := x.file(name)
		index[name] = file
		if files[file] == nil {
			files[file] = map[string]tensor{}
		}
		files[file][name] = t
	}
	content := map[string][]byte{
		"config.json":                  x.json(x.config),
		"model.safetensors.index.json": x.json(map[string]any{"weight_map": index}),
	}
	for file, tensors := range files {
		content[file] = x.safetensors(tensors)
	}
	maps.Copy(content, x.raw)
	for name, data := range content {
		if data == nil {
			continue // left out
		}
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			x.t.Fatal(err)
		}
	}
	return dir
}

func (x *fixture) json(v any) []byte {
	text, err := json.Marshal(v)
	if err != nil {
		x.t.Fatal(err)
	}
	return text
}

func (x *fixture) safetensors(tensors map[string]tensor) []byte {
	header, data := map[string]any{}, []byte{}
	for _, name := range slices.Sorted(maps.Keys(tensors)) {
		t := tensors[name]
		header[name] = map[string]any{"dtype": t.dtype, "shape": t.shape, "data_offsets": []int{len(data), len(data) + len(t.data)}}
		data = append(data, t.data...)
	}
	text := x.json(header)
	return append(append(binary.LittleEndian.AppendUint64(nil, uint64(len(text))), text...), data...)
}
