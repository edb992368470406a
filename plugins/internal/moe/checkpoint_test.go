package moe

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/assay-bench/assay/metal/dtype"
	"github.com/assay-bench/assay/metal/kernels"
	"github.com/assay-bench/assay/metal/quant"
)

// checkpoint writes a small MLX model of two MoE layers and returns its folder
// and layer 1's up projection.
func checkpoint(t *testing.T) (dir string, up *quant.Tensor) {
	t.Helper()
	dir = t.TempDir()
	config := `{"model_type":"qwen3_moe","num_hidden_layers":2,"hidden_size":512,"num_experts":4,"num_experts_per_tok":2,
		"moe_intermediate_size":64,"quantization":{"group_size":32,"bits":8}}`
	if err := os.WriteFile(filepath.Join(dir, "config.json"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	header := map[string]any{}
	var data []byte
	put := func(name, dt string, shape []int, raw []byte) {
		header[name] = map[string]any{"dtype": dt, "shape": shape, "data_offsets": []int{len(data), len(data) + len(raw)}}
		data = append(data, raw...)
	}
	f := quant.Format{Bits: 8, Group: 32, DType: dtype.F16}
	for layer, prefix := range []string{"model.layers.0.mlp.switch_mlp.", "model.layers.1.mlp.switch_mlp."} {
		for i, part := range []string{"gate_proj", "up_proj", "down_proj"} {
			n, k := 64, 512
			if part == "down_proj" {
				n, k = k, n
			}
			w, err := quant.Random(uint64(10*layer+i), f, 4, n, k, 1)
			if err != nil {
				t.Fatal(err)
			}
			if layer == 1 && part == "up_proj" {
				up = w
			}
			put(prefix+part+".weight", "U32", []int{4, n, k / 4}, w.Packed)
			put(prefix+part+".scales", "F16", []int{4, n, k / 32}, w.Scales)
			put(prefix+part+".biases", "F16", []int{4, n, k / 32}, w.Biases)
		}
	}
	text, err := json.Marshal(header)
	if err != nil {
		t.Fatal(err)
	}
	file := binary.LittleEndian.AppendUint64(nil, uint64(len(text)))
	file = append(append(file, text...), data...)
	if err := os.WriteFile(filepath.Join(dir, "model.safetensors"), file, 0o600); err != nil {
		t.Fatal(err)
	}
	return dir, up
}

func TestWeightsOfACheckpoint(t *testing.T) {
	dir, want := checkpoint(t)
	r, err := Spec{Model: dir, Bits: 8, GroupSize: 32, DType: "float16", Layers: 2, Experts: 3}.Need()
	if err != nil {
		t.Fatal(err)
	}
	if r.Hidden != 512 || r.Inter != 64 || r.Model.Experts != 4 || r.Experts != 3 || r.TopK != 2 || r.Model.Layers != 2 {
		t.Errorf("read as %+v", r)
	}
	if got := r.Facts()["weights"]; got != "checkpoint "+dir {
		t.Errorf("weights are called %q", got)
	}
	dev := device(t)
	var pool kernels.Pool
	a, b := pool.Lease(dev), pool.Lease(dev)
	layers, err := Layers(a, r, 1, true)
	if err != nil {
		t.Fatal(err)
	}
	again, err := Layers(b, r, 2, false) // stored weights do not follow the seed
	if err != nil {
		t.Fatal(err)
	}
	if again[1].Up.Packed.Buffer != layers[1].Up.Packed.Buffer {
		t.Error("two cases have a copy of the checkpoint each")
	}
	got, err := Fetch(layers[1].Up, 2)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got.Packed, want.Expert(2).Packed) || !bytes.Equal(got.Scales, want.Expert(2).Scales) {
		t.Error("expert 2 of layer 1 is not what is stored")
	}
	a.Release()
	b.Release()
	if n := dev.Memory().Current; n != 0 {
		t.Errorf("%d bytes alive after every configuration was released", n)
	}
}

func TestCheckpointFaultsNameTheFix(t *testing.T) {
	dir, _ := checkpoint(t)
	for _, tt := range []struct {
		name string
		spec Spec
		want []string
	}{
		{"other bits and groups", Spec{Model: dir, Bits: 4, GroupSize: 64, DType: "float16", Layers: 1}, []string{"bits = 8", "group_size = 32"}},
		{"too many layers", Spec{Model: dir, Bits: 8, GroupSize: 32, DType: "float16", Layers: 3}, []string{"use 1 to 2"}},
		{"an empty folder", Spec{Model: t.TempDir(), Bits: 8, GroupSize: 32, DType: "float16", Layers: 1}, []string{"config.json"}},
		{"no folder at all", Spec{Model: "/no/such/model", Bits: 8, GroupSize: 32, DType: "float16", Layers: 1}, []string{"nor a folder"}},
	} {
		_, err := tt.spec.Need()
		for _, want := range tt.want {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v, want %q", tt.name, err, want)
			}
		}
	}
	r, err := Spec{Model: dir, Bits: 8, GroupSize: 32, DType: "bfloat16", Layers: 1}.Need()
	if err != nil {
		t.Fatal(err)
	}
	var pool kernels.Pool
	if _, err := Layers(pool.Lease(device(t)), r, 1, true); err == nil || !strings.Contains(err.Error(), "dtype") {
		t.Errorf("float16 scales read as bfloat16: %v, want advice to set dtype", err)
	}
}
