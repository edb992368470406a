package quant

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/nlpodyssey/safetensors"

	"github.com/assay-bench/assay/metal/dtype"
)

const tinyConfig = `{"model_type": "qwen3_moe", "num_hidden_layers": 3, "hidden_size": 128, "num_experts": 4,
	"num_experts_per_tok": 2, "moe_intermediate_size": 64, "norm_topk_prob": true,
	"quantization": {"group_size": 64, "bits": 4, "mode": "affine", "model.layers.1.mlp.gate": {"group_size": 32, "bits": 8}, "lm_head": false}}`

type views map[string]safetensors.TensorView

func (v views) put(t *testing.T, name string, dt safetensors.DType, data []byte, shape ...uint64) {
	t.Helper()
	view, err := safetensors.NewTensorView(dt, shape, data)
	if err != nil {
		t.Fatal(err)
	}
	v[name] = view
}

func (v views) quantized(t *testing.T, prefix string, q *Tensor) {
	t.Helper()
	e, n, k := uint64(q.Experts), uint64(q.N), uint64(q.K)
	v.put(t, prefix+".weight", safetensors.U32, q.Packed, e, n, k*uint64(q.Bits)/32)
	v.put(t, prefix+".scales", safetensors.BF16, q.Scales, e, n, k/uint64(q.Group))
	v.put(t, prefix+".biases", safetensors.BF16, q.Biases, e, n, k/uint64(q.Group))
}

func write(t *testing.T, path string, v views) {
	t.Helper()
	data, err := safetensors.Serialize(v, map[string]string{"format": "mlx"})
	if err == nil {
		err = os.WriteFile(path, data, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// tiny writes a checkpoint of three layers in two files; layer 0 is dense.
// change may alter what is written.
func tiny(t *testing.T, change func(config *string, one, two views)) (dir string, down1 *Tensor) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "tiny[4bit]")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	f := Format{Bits: 4, Group: 64, DType: dtype.BF16}
	one, two := views{}, views{}
	for layer := 1; layer < 3; layer++ {
		v := one
		if layer == 2 {
			v = two
		}
		for i, name := range []string{"gate_proj", "up_proj", "down_proj"} {
			n, k := 64, 128
			if name == "down_proj" {
				n, k = k, n
			}
			q, err := Random(uint64(10*layer+i), f, 4, n, k, 1)
			if err != nil {
				t.Fatal(err)
			}
			v.quantized(t, fmt.Sprintf("model.layers.%d.mlp.switch_mlp.%s", layer, name), q)
			if layer == 1 {
				down1 = q
			}
		}
	}
	router, err := Random(5, Format{Bits: 8, Group: 32, DType: dtype.BF16}, 1, 4, 128, 1)
	if err != nil {
		t.Fatal(err)
	}
	one.put(t, "model.layers.1.mlp.gate.weight", safetensors.U32, router.Packed, 4, 32)
	one.put(t, "model.layers.1.mlp.gate.scales", safetensors.BF16, router.Scales, 4, 4)
	one.put(t, "model.layers.1.mlp.gate.biases", safetensors.BF16, router.Biases, 4, 4)
	one.put(t, "model.norm.weight", safetensors.BF16, dtype.BF16.Bytes([]float32{1, 2, 3.5}), 3)
	config := tinyConfig
	if change != nil {
		change(&config, one, two)
	}
	if err := os.WriteFile(filepath.Join(dir, "config.json"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "model-00001-of-00002.safetensors"), one)
	write(t, filepath.Join(dir, "model-00002-of-00002.safetensors"), two)
	return dir, down1
}

func TestCheckpoint(t *testing.T) {
	dir, down := tiny(t, nil)
	c, err := OpenCheckpoint(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if text, err := c.Config.Text("model_type"); text != "qwen3_moe" || err != nil {
		t.Errorf("model_type is %q, %v", text, err)
	}
	if n, err := c.Config.Int("num_experts_per_tok"); n != 2 || err != nil {
		t.Errorf("num_experts_per_tok is %d, %v", n, err)
	}
	const prefix = "model.layers.1.mlp.switch_mlp."
	gate, err := c.Stored(prefix + "gate_proj")
	if want := (Stored{Format{Bits: 4, Group: 64, DType: dtype.BF16}, 4, 64, 128}); err != nil || gate != want {
		t.Errorf("gate is %s, %v, want %s", gate, err, want)
	}
	read, err := c.Tensor(prefix+"down_proj", 3)
	if err != nil {
		t.Fatal(err)
	}
	if down.Experts != 4 || !bytes.Equal(read.Packed, down.Slice(0, 3).Packed) || !bytes.Equal(read.Biases, down.Slice(0, 3).Biases) {
		t.Error("down differs from what was written")
	}
	router, err := c.Tensor("model.layers.1.mlp.gate", 1)
	if err != nil || router.Bits != 8 || router.Group != 32 || router.N != 4 || router.Experts != 1 {
		t.Errorf("router is %+v, %v", router, err)
	}
	norm, shape, err := c.Floats("model.norm.weight")
	if err != nil || !slices.Equal(norm, []float32{1, 2, 3.5}) || !slices.Equal(shape, []int{3}) {
		t.Errorf("norm is %v %v, %v", norm, shape, err)
	}
}

func TestCheckpointFaults(t *testing.T) {
	const gate = "model.layers.1.mlp.switch_mlp.gate_proj"
	open := func(dir string) error {
		c, err := OpenCheckpoint(dir)
		if err != nil {
			return err
		}
		defer c.Close()
		_, err = c.Tensor(gate, 4)
		return err
	}
	for _, c := range []struct {
		want   string
		change func(config *string, one, two views)
	}{
		{`no "quantization"`, func(config *string, _, _ views) { *config = `{}` }},
		{"65 objects and lists stand in each other", func(config *string, _, _ views) {
			*config = `{"\"[[[": ` + strings.Repeat("[", 64) + strings.Repeat("]", 64) + `}`
		}},
		{"config.json: it is too large", func(config *string, _, _ views) { *config = `{"a": "` + strings.Repeat("x", mostConfig) + `"}` }},
		{"config.json: unexpected end", func(config *string, _, _ views) { *config = `{` }},
		{"quantization.bits: want a number", func(config *string, _, _ views) { *config = `{"quantization":{"group_size":64}}` }},
		{`quantization mode "fp2" is not supported, want one of affine, mxfp4, mxfp8, nvfp4`, func(config *string, _, _ views) {
			*config = `{"quantization":{"group_size":64,"bits":4,"mode":"fp2"}}`
		}},
		{"group size 64 is not supported in mode mxfp4", func(config *string, _, _ views) {
			*config = `{"quantization":{"group_size":64,"bits":4,"mode":"mxfp4"}}`
		}},
		{"group size -64 is not supported", func(config *string, _, _ views) {
			*config = `{"quantization":{"group_size":-64,"bits":4}}`
		}},
		{"scales is BF16, want [U8]", func(config *string, _, _ views) {
			*config = `{"quantization":{"group_size":32,"bits":4,"mode":"mxfp4"}}`
		}},
		{"scales of matrix 2, row 5 hold NaN", func(_ *string, one, _ views) {
			view := one[gate+".scales"]
			data := bytes.Clone(view.Data())
			data[2*(2*(2*64+5)+1)], data[2*(2*(2*64+5)+1)+1] = 0xC0, 0x7F
			one.put(t, gate+".scales", safetensors.BF16, data, 4, 64, 2)
		}},
		{"do not fit 8 bits", func(config *string, _, _ views) { *config = strings.Replace(*config, `"bits": 4`, `"bits": 8`, 1) }},
		{"7 bits are not supported", func(config *string, one, _ views) {
			*config = strings.Replace(*config, `"bits": 4`, `"bits": 7`, 1)
			one.put(t, gate+".weight", safetensors.U32, make([]byte, 4*64*28*4), 4, 64, 28)
		}},
		{"says that it is not quantized", func(config *string, _, _ views) {
			*config = strings.Replace(*config, `"lm_head"`, `"`+gate+`"`, 1)
		}},
		{"no tensor " + gate + ".scales: the checkpoint has 21 tensors, such as " + gate, func(_ *string, one, _ views) {
			delete(one, gate+".scales")
		}},
		{"gate_proj.weight is F32, want [U32]", func(_ *string, one, _ views) {
			one.put(t, gate+".weight", safetensors.F32, make([]byte, 4*64*16*4), 4, 64, 16)
		}},
		{"scales are [4 64 2] but biases [4 128]", func(_ *string, one, _ views) {
			one.put(t, gate+".biases", safetensors.BF16, make([]byte, 4*64*2*2), 4, 128)
		}},
		{"is in model-00001-of-00002.safetensors and in model-00002", func(_ *string, one, two views) {
			maps.Copy(two, one)
		}},
	} {
		dir, _ := tiny(t, c.change)
		if err := open(dir); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("got %v, want …%s…", err, c.want)
		}
	}

	empty := t.TempDir()
	if err := open(empty); err == nil || !strings.Contains(err.Error(), "config.json") {
		t.Errorf("an empty folder: %v", err)
	}
	if err := os.WriteFile(filepath.Join(empty, "config.json"), []byte(tinyConfig), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := open(empty); err == nil || !strings.Contains(err.Error(), "no *.safetensors") {
		t.Errorf("a folder without tensors: %v", err)
	}
	dir, _ := tiny(t, nil)
	path := filepath.Join(dir, "model-00002-of-00002.safetensors")
	stat, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		size int64
		want string
	}{{stat.Size() - 1, "cut short or corrupt"}, {30, "header would be"}, {3, "not a safetensors file"}} {
		if err := os.Truncate(path, c.size); err != nil {
			t.Fatal(err)
		}
		if err := open(dir); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("cut to %d bytes: got %v, want …%s…", c.size, err, c.want)
		}
	}
}

func FuzzUnpack(f *testing.F) {
	f.Add([]byte{1, 2, 3}, 3, 8)
	f.Fuzz(func(t *testing.T, packed []byte, bits, n int) {
		if n < 0 || n > 1<<12 {
			return
		}
		codes := make([]uint8, n)
		if Unpack(codes, packed, bits) != nil {
			return
		}
		again := make([]byte, n/8*bits)
		if err := Pack(again, codes, bits); err != nil || !bytes.Equal(again, packed[:len(again)]) {
			t.Errorf("%d codes of %d bits pack to something else, %v", n, bits, err)
		}
	})
}
