package decoder

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

	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/dtype"
	"github.com/assay-bench/assay/metal/kernels"
	"github.com/assay-bench/assay/metal/quant"
	"github.com/assay-bench/assay/plugins/internal/moe"
)

// folder is a dense checkpoint that is to be written, as mlx-lm writes one.
type folder struct {
	t       *testing.T
	config  map[string]any
	tensors map[string]tensor
	raw     map[string]*quant.Tensor
}

type tensor struct {
	DType   string `json:"dtype"`
	Shape   []int  `json:"shape"`
	Offsets [2]int `json:"data_offsets"`
	data    []byte
}

const (
	storedHidden, storedInner, storedVocab = 128, 192, 80
	storedHeads, storedKV, storedHeadDim   = 4, 2, 32
)

// newFolder is a Llama, or with norms of heads a Qwen3, whose values have other bits.
func newFolder(t *testing.T, modelType string) *folder {
	t.Helper()
	quantization := map[string]any{"bits": 4, "group_size": 32}
	f := &folder{t, map[string]any{
		"model_type": modelType, "num_hidden_layers": 2, "num_attention_heads": storedHeads, "num_key_value_heads": storedKV,
		"head_dim": storedHeadDim, "rms_norm_eps": 1e-5, "rope_parameters": map[string]any{"rope_theta": 5e4, "rope_type": "default"},
		"rope_scaling": nil, "quantization": quantization,
	}, map[string]tensor{}, map[string]*quant.Tensor{}}
	f.matrix("model.embed_tokens", 4, storedVocab, storedHidden)
	f.matrix("lm_head", 4, storedVocab, storedHidden)
	f.norm("model.norm", storedHidden)
	for l := range 2 {
		at := layerPrefix(l)
		f.matrix(at+"self_attn.q_proj", 4, storedHeads*storedHeadDim, storedHidden)
		f.matrix(at+"self_attn.k_proj", 4, storedKV*storedHeadDim, storedHidden)
		bits := 4
		if l == 1 {
			bits = 6
			quantization[at+"self_attn.v_proj"] = map[string]any{"bits": bits, "group_size": 32}
		}
		f.matrix(at+"self_attn.v_proj", bits, storedKV*storedHeadDim, storedHidden)
		f.matrix(at+"self_attn.o_proj", 4, storedHidden, storedHeads*storedHeadDim)
		f.matrix(at+"mlp.gate_proj", 4, storedInner, storedHidden)
		f.matrix(at+"mlp.up_proj", 4, storedInner, storedHidden)
		f.matrix(at+"mlp.down_proj", 4, storedHidden, storedInner)
		f.norm(at+"input_layernorm", storedHidden)
		f.norm(at+"post_attention_layernorm", storedHidden)
		if modelType == "qwen3" {
			f.norm(at+"self_attn.q_norm", storedHeadDim)
			f.norm(at+"self_attn.k_norm", storedHeadDim)
		}
	}
	return f
}

func (f *folder) matrix(name string, bits, n, k int) {
	f.t.Helper()
	format := quant.Format{Bits: bits, Group: 32}
	w, err := quant.Random(uint64(len(f.tensors)), format, 1, n, k, 1)
	if err != nil {
		f.t.Fatal(err)
	}
	f.raw[name] = w
	f.tensors[name+".weight"] = tensor{DType: "U32", Shape: []int{n, k * bits / 32}, data: w.Packed}
	f.tensors[name+".scales"] = tensor{DType: "F32", Shape: []int{n, k / 32}, data: w.Scales}
	f.tensors[name+".biases"] = tensor{DType: "F32", Shape: []int{n, k / 32}, data: w.Biases}
}

func (f *folder) norm(name string, n int) {
	f.tensors[name+".weight"] = tensor{DType: "F32", Shape: []int{n}, data: dtype.F32.Bytes(moe.Normals(uint64(len(f.tensors)), name, n))}
}

func (f *folder) write() string {
	f.t.Helper()
	var data []byte
	header := map[string]tensor{}
	for _, name := range slices.Sorted(maps.Keys(f.tensors)) {
		t := f.tensors[name]
		t.Offsets = [2]int{len(data), len(data) + len(t.data)}
		data = append(data, t.data...)
		header[name] = t
	}
	text, err := json.Marshal(header)
	if err != nil {
		f.t.Fatal(err)
	}
	config, err := json.Marshal(f.config)
	if err != nil {
		f.t.Fatal(err)
	}
	dir := f.t.TempDir()
	file := slices.Concat(binary.LittleEndian.AppendUint64(nil, uint64(len(text))), text, data)
	for name, content := range map[string][]byte{"model.safetensors": file, "config.json": config} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			f.t.Fatal(err)
		}
	}
	return dir
}

// What is read of a checkpoint decodes as float64 does with the same matrices: queries,
// keys and values of one format lie one after the other, those of two do not.
func TestCheckpointAgainstFloat64(t *testing.T) {
	dev := open(t, string(metal.CPU))
	for _, modelType := range []string{"llama", "qwen3"} {
		for name, form := range forms() {
			t.Run(modelType+" "+name, func(t *testing.T) {
				f := newFolder(t, modelType)
				r := newRig(t, dev, moe.Spec{Model: f.write(), Layers: 2}, 0, 20)
				if r.w.Layers[0].QKV.N == 0 || r.w.Layers[1].QKV.N != 0 || r.w.Theta != 5e4 {
					t.Errorf("QKV of %d and %d rows, base %g; want them together where they have one format", r.w.Layers[0].QKV.N, r.w.Layers[1].QKV.N, r.w.Theta)
				}
				for name, w := range map[string]kernels.Weights{
					"model.layers.0.self_attn.k_proj": r.w.Layers[0].K, "model.layers.1.self_attn.v_proj": r.w.Layers[1].V,
					"model.layers.1.mlp.down_proj": r.w.Layers[1].Down, "lm_head": r.w.Head,
				} {
					got, err := moe.Fetch(w, 0)
					if want := f.raw[name]; err != nil || !slices.Equal(got.Packed, want.Packed) || !slices.Equal(got.Scales, want.Scales) {
						t.Errorf("%s is not what the checkpoint has: %v", name, err)
					}
				}
				prompt := moe.Tokens(3, storedVocab, 5)
				d, program := r.decode(form, prompt, 3, 12)
				got, err := d.Greedy(t.Context(), program, 12)
				if err != nil {
					t.Fatal(err)
				}
				r.compare(prompt, got)
			})
		}
	}
}

func TestBrokenCheckpoints(t *testing.T) {
	for _, tt := range []struct {
		want  string
		spoil func(*folder)
	}{
		{`model_type is "lfm2_moe": it has short convolutions`, func(f *folder) { f.config["model_type"] = "lfm2_moe" }},
		{`model_type is "rwkv": this decoder does not know it; known are qwen3_moe, mixtral`, func(f *folder) { f.config["model_type"] = "rwkv" }},
		{"scales rotary positions (\"llama3\")", func(f *folder) { f.config["rope_scaling"] = map[string]any{"rope_type": "llama3"} }},
		{"rope_theta is -1", func(f *folder) { f.config["rope_theta"] = -1 }},
		{"has a sliding_window", func(f *folder) { f.config["sliding_window"] = 4096 }},
		{"no num_hidden_layers or no num_attention_heads", func(f *folder) { delete(f.config, "num_attention_heads") }},
		{"do not go with 3 KV heads", func(f *folder) { f.config["num_key_value_heads"] = 3 }},
		{"has 1 layers; use 1 to 1", func(f *folder) { f.config["num_hidden_layers"] = 1 }},
		{"no tensor model.layers.1.mlp.up_proj.weight", func(f *folder) { delete(f.tensors, "model.layers.1.mlp.up_proj.weight") }},
		{"no tensor model.layers.1.input_layernorm.weight", func(f *folder) { delete(f.tensors, "model.layers.1.input_layernorm.weight") }},
		{"post_attention_layernorm.weight is [64], want [128]", func(f *folder) { f.norm(layerPrefix(0)+"post_attention_layernorm", 64) }},
		{"self_attn.k_proj is [1,32,128] f32_b4_g32, want [64,128]", func(f *folder) { f.matrix(layerPrefix(1)+"self_attn.k_proj", 4, 32, storedHidden) }},
		{"self_attn.q_proj has a bias, which this decoder does not add", func(f *folder) {
			f.tensors[layerPrefix(0)+"self_attn.q_proj.bias"] = tensor{DType: "F32", Shape: []int{1}, data: make([]byte, 4)}
		}},
		{"no tensor lm_head.weight", func(f *folder) { delete(f.tensors, "lm_head.weight") }},
	} {
		f := newFolder(t, "llama")
		tt.spoil(f)
		_, faults := Resolve(moe.Spec{Model: f.write(), Layers: 2}, 0)
		if len(faults) != 1 || !strings.Contains(faults[0].Detail, tt.want) {
			t.Errorf("%v, want …%s…", faults, tt.want)
		}
	}
	sound := newFolder(t, "llama")
	sound.config["tie_word_embeddings"] = true
	delete(sound.tensors, "lm_head.weight")
	if _, faults := Resolve(moe.Spec{Model: sound.write(), Layers: 2}, 0); len(faults) > 0 {
		t.Errorf("a head that is the embedding: %v", faults)
	}
	if _, faults := Resolve(moe.Spec{Model: sound.write(), Layers: 1}, 12); len(faults) != 1 || !strings.Contains(faults[0].Detail, fmt.Sprintf("has %d tokens: leave vocab out", storedVocab)) {
		t.Errorf("a vocabulary of its own: %v", faults)
	}
}
