package moe

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/assay-bench/assay/metal/dtype"
	"github.com/assay-bench/assay/metal/quant"
)

const firstGate = "model.layers.1.mlp.switch_mlp.gate_proj"

// What can be known from config.json and from headers is said when a configuration
// is checked, in words that name it.
func TestBrokenCheckpoints(t *testing.T) {
	one := "model-00001-of-00002.safetensors"
	set := func(key string, v any) func(*fixture) { return func(x *fixture) { x.config[key] = v } }
	quantization := func(key string, v any) func(*fixture) {
		return func(x *fixture) { x.config["quantization"].(map[string]any)[key] = v }
	}
	remade := func(name, dtype string, shape ...int) func(*fixture) {
		return func(x *fixture) {
			old := x.tensors[name]
			if dtype == "" {
				dtype = old.dtype
			}
			x.tensors[name] = tensor{dtype, shape, old.data}
		}
	}
	for _, c := range []struct {
		name, want string
		change     func(x *fixture)
	}{
		{"no experts", "it is no mixture-of-experts model", set("model_type", "mixtral")},
		{"a dense model", "no layer has tensors of mlp.switch_mlp", func(x *fixture) {
			for name := range x.tensors {
				if strings.Contains(name, "switch_mlp") {
					delete(x.tensors, name)
				}
			}
		}},
		{"truncated", "the file is cut short or corrupt", func(x *fixture) { cut(x, one, -1000) }},
		{"cut in the header", "its header would be", func(x *fixture) { cut(x, one, 100) }},
		{"three bytes", "not a safetensors file", func(x *fixture) { cut(x, one, 3) }},
		{"huge header", "its header would be", func(x *fixture) { x.raw[one] = []byte("\xff\xff\xff\xff\xff\xff\xff\x3fxx") }},
		{"LFS pointer", "a Git LFS pointer, not the tensors: run git lfs pull", func(x *fixture) {
			x.raw[one] = []byte("version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n")
		}},
		{"missing file", `names "model-00002-of-00002.safetensors", which is not there`, func(x *fixture) { x.raw["model-00002-of-00002.safetensors"] = nil }},
		{"missing tensor", "names \"" + firstGate + ".scales\", which no file has", func(x *fixture) {
			// As if the file were of another version than the index.
			x.raw["model.safetensors.index.json"] = x.json(map[string]any{"weight_map": map[string]string{firstGate + ".scales": one}})
			delete(x.tensors, firstGate+".scales")
		}},
		{"missing tensor without an index", "no tensor " + firstGate + ".scales", func(x *fixture) { delete(x.tensors, firstGate+".scales") }},
		{"missing projection", "no tensor model.layers.2.mlp.switch_mlp.down_proj.weight", func(x *fixture) {
			for _, part := range []string{".weight", ".scales", ".biases"} {
				delete(x.tensors, "model.layers.2.mlp.switch_mlp.down_proj"+part)
			}
		}},
		{"a tensor in two files", "is in model-00001-of-00002.safetensors and in model-old.safetensors", func(x *fixture) {
			x.raw["model-old.safetensors"] = x.safetensors(x.tensors)
		}},
		{"index of another kind", "model.safetensors.index.json: ", func(x *fixture) { x.raw["model.safetensors.index.json"] = []byte(`{"weight_map": [1]}`) }},
		{"another shape", "do not fit 4 bits and group size 64", remade(firstGate+".weight", "", 4, 128, 8)},
		{"another number of dimensions", "want 2 or 3 dimensions each", remade(firstGate+".weight", "", 4, 64, 4, 4)},
		{"codes of floats", "gate_proj.weight is F32, want [U32]", remade(firstGate+".weight", "F32", 4, 64, 16)},
		{"scales of bytes", "gate_proj.scales is U8, want [F32 F16 BF16]", func(x *fixture) {
			x.tensors[firstGate+".scales"] = tensor{"U8", []int{4, 64, 2}, make([]byte, 4*64*2)}
		}},
		{"experts of another number", "which does not fit the [4,64,128] of the first layer's gate_proj", func(x *fixture) {
			for _, part := range []string{".weight", ".scales", ".biases"} {
				t := x.tensors["model.layers.2.mlp.switch_mlp.up_proj"+part]
				x.tensors["model.layers.2.mlp.switch_mlp.up_proj"+part] = tensor{t.dtype, []int{2, t.shape[1], t.shape[2]}, t.data[:len(t.data)/2]}
			}
		}},
		{"layers of two types", "one type is needed", func(x *fixture) {
			for p := gate; p <= down; p++ {
				x.quantized(2, p, quant.Format{Bits: 4, Group: 64, DType: dtype.F16})
			}
		}},
		{"bits lie", "do not fit 8 bits", quantization("bits", 8)},
		{"7 bits", "7 bits are not supported", quantization("bits", 7)},
		{"no bits", "0 bits are not supported", quantization("bits", 0)},
		{"negative group", "group size -64 is not supported", quantization("group_size", -64)},
		{"bits of text", "config.json: quantization", quantization("bits", "4")},
		{"unknown mode", "want one of affine, mxfp4, mxfp8, nvfp4", quantization("mode", "nf4")},
		{"not quantized", "convert it with mlx_lm.convert -q", func(x *fixture) { delete(x.config, "quantization") }},
		{"one not quantized", "says that it is not quantized", quantization(firstGate, false)},
		{"no top-k", "no num_experts_per_tok", func(x *fixture) { delete(x.config, "num_experts_per_tok") }},
		{"top-k of text", `num_experts_per_tok is "4", want a number`, set("num_experts_per_tok", "4")},
		{"top-k too large", "num_experts_per_tok 5, there are 4 experts", set("num_experts_per_tok", 5)},
		{"experts lie", "says num_experts 128, the tensors have 4", set("num_experts", 128)},
		{"fewer experts", "says num_experts 2, the tensors have 4", set("num_experts", 2)},
		{"hidden lies", "says hidden_size 1024, the tensors have 128", set("hidden_size", 1024)},
		{"width lies", "says moe_intermediate_size 512, the tensors have 64", set("moe_intermediate_size", 512)},
		{"layers lie", "num_hidden_layers is 1000000000000, want a number", set("num_hidden_layers", 1000000000000)},
		{"a layer missing", "says num_hidden_layers 4, there are tensors of 3", set("num_hidden_layers", 4)},
		{"config.json is none", "config.json: ", func(x *fixture) { x.raw["config.json"] = []byte("{ model_type: qwen3_moe ") }},
		{"no config.json", "no config.json in it", func(x *fixture) { x.raw["config.json"] = nil }},
	} {
		t.Run(c.name, func(t *testing.T) {
			x := newFixture(t, "qwen3_moe", usual)
			c.change(x)
			if strings.Contains(c.name, "without an index") || strings.Contains(c.name, "missing projection") {
				x.raw["model.safetensors.index.json"] = nil
			}
			isFault(t, x.write(), c.want)
		})
	}
}

// cut keeps the first n bytes of a file, or all but so many.
func cut(x *fixture, file string, n int) {
	tensors := map[string]tensor{}
	for name, t := range x.tensors {
		if x.file(name) == file {
			tensors[name] = t
		}
	}
	data := x.safetensors(tensors)
	if n < 0 {
		n += len(data)
	}
	x.raw[file] = data[:n]
}

func isFault(t *testing.T, model, want string) {
	t.Helper()
	_, faults := Spec{Model: model, Layers: 1}.Resolve()
	if len(faults) != 1 || faults[0].Path != "model" || !strings.Contains(faults[0].Detail, want) {
		t.Errorf("%v, want one fault of model with …%s…", faults, want)
	}
}

// Names that are no MLX folder are called what they are.
func TestOtherThanFolders(t *testing.T) {
	dir := t.TempDir()
	path := func(parts ...string) string { return filepath.Join(append([]string{dir}, parts...)...) }
	write := func(text string, parts ...string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(path(parts...)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path(parts...), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("GGUF\x03", "model.gguf")
	write("GGUF\x03", "gguf", "model-q4.gguf")
	write("{}", "file")
	write("{}", "models--x--y", "snapshots", "abc", "config.json")
	write(`{"quantization":{"bits":4,"group_size":64}}`, "config-only", "config.json")
	if err := os.Mkdir(path("empty"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("nowhere", path("link")); err != nil {
		t.Fatal(err)
	}
	for model, want := range map[string]string{
		path("link"):                       `is a link to "nowhere", which is not there`,
		path("model.gguf"):                 "is a GGUF file, and this plugin reads MLX folders: mlx_lm.convert",
		path("gguf"):                       "it holds GGUF files, not an MLX model: mlx_lm.convert",
		path("file"):                       "is a file: give the folder of an MLX model",
		path("models--x--y"):               "give " + path("models--x--y", "snapshots", "abc"),
		path("config-only"):                "no *.safetensors in it",
		path("empty"):                      "no config.json in it",
		"mlx-community/Qwen3-30B-A3B-4bit": "`hf download mlx-community/Qwen3-30B-A3B-4bit --local-dir DIR`",
		"/no/such/model":                   "nor a folder",
	} {
		isFault(t, model, want)
	}
}

// Links are followed; pipes, folders and links to nothing are no tensors.
func TestOtherThanFiles(t *testing.T) {
	x := newFixture(t, "qwen3_moe", usual)
	x.raw["model.safetensors.index.json"] = nil
	dir := x.write()
	linked := t.TempDir()
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if err := os.Symlink(filepath.Join(dir, f.Name()), filepath.Join(linked, f.Name())); err != nil {
			t.Fatal(err)
		}
	}
	if _, faults := (Spec{Model: linked, Layers: 2}).Resolve(); len(faults) > 0 {
		t.Errorf("a folder of links: %v", faults)
	}
	odd := filepath.Join(linked, "x.safetensors")
	for name, make := range map[string]func() error{
		"a folder":          func() error { return os.Mkdir(odd, 0o700) },
		"a pipe":            func() error { return syscall.Mkfifo(odd, 0o600) },
		"a link to nothing": func() error { return os.Symlink("/nowhere/x", odd) },
	} {
		if err := make(); err != nil {
			t.Fatal(err)
		}
		if _, faults := (Spec{Model: linked, Layers: 2}).Resolve(); len(faults) != 1 || !strings.Contains(faults[0].Detail, "x.safetensors") {
			t.Errorf("%s: %v", name, faults)
		}
		if err := os.Remove(odd); err != nil {
			t.Fatal(err)
		}
	}
}
