package quant

import (
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/nlpodyssey/safetensors"

	"github.com/assay-bench/assay/metal/dtype"
	"github.com/assay-bench/assay/metal/regular"
	"github.com/assay-bench/assay/metal/tensorfile"
)

// Checkpoint is the folder of an MLX model: config.json and one or more
// *.safetensors. Tensors are read when asked for.
type Checkpoint struct {
	Config Config
	dir    string
	files  []*tensorfile.File
	where  map[string]*tensorfile.File // tensor name to its file
}

// Config is what a MoE block needs of config.json.
type Config struct {
	ModelType    string `json:"model_type"`
	Layers       int    `json:"num_hidden_layers"`
	Hidden       int    `json:"hidden_size"`
	Experts      int    `json:"num_experts"`
	TopK         int    `json:"num_experts_per_tok"`
	ExpertInner  int    `json:"moe_intermediate_size"`
	NormTopK     bool   `json:"norm_topk_prob"`
	Bits, Group  int    `json:"-"` // the default of all tensors
	quantization map[string]json.RawMessage
}

// OpenCheckpoint reads config.json and the headers of all tensor files.
func OpenCheckpoint(dir string) (*Checkpoint, error) {
	c := &Checkpoint{dir: dir, where: map[string]*tensorfile.File{}}
	if err := c.readConfig(); err != nil {
		return nil, fmt.Errorf("checkpoint %s: %w", dir, err)
	}
	paths, err := filepath.Glob(filepath.Join(escapeGlob(dir), "*.safetensors"))
	if err == nil && len(paths) == 0 {
		err = errors.New("no *.safetensors in it: give the folder of a downloaded MLX model")
	}
	if err != nil {
		return nil, fmt.Errorf("checkpoint %s: %w", dir, err)
	}
	for _, path := range paths {
		f, err := tensorfile.Open(path)
		if err != nil {
			_ = c.Close()
			return nil, fmt.Errorf("checkpoint: %w", err)
		}
		c.files = append(c.files, f)
		for _, name := range f.Names() {
			if other := c.where[name]; other != nil {
				_ = c.Close()
				return nil, fmt.Errorf("checkpoint %s: tensor %s is in %s and in %s", dir, name,
					filepath.Base(other.Path()), filepath.Base(path))
			}
			c.where[name] = f
		}
	}
	return c, nil
}

// escapeGlob keeps brackets and stars in a folder's name from being patterns.
func escapeGlob(dir string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(dir)
}

func (c *Checkpoint) readConfig() error {
	data, err := regular.Read(filepath.Join(c.dir, "config.json"), mostConfig)
	if err != nil {
		return err
	}
	return c.Config.parse(data)
}

// A config.json says less than this: models of a hundred thousand tensors have
// 10 MB.
const (
	mostConfig = 16 << 20
	mostDepth  = 64 // of objects and lists in each other
)

// depth is how deep objects and lists of a JSON text stand in each other.
func depth(data []byte) (deepest int) {
	at, quoted := 0, false
	for i := 0; i < len(data); i++ {
		switch b := data[i]; {
		case quoted && b == '\\':
			i++
		case b == '"':
			quoted = !quoted
		case quoted:
		case b == '{', b == '[':
			at++
			deepest = max(deepest, at)
		case b == '}', b == ']':
			at--
		}
	}
	return deepest
}

// parse reads the text of a config.json.
func (c *Config) parse(data []byte) error {
	if n := depth(data); n > mostDepth {
		return fmt.Errorf("config.json: %d objects and lists stand in each other, more than %d: it is no model's", n, mostDepth)
	}
	var raw struct {
		Quantization map[string]json.RawMessage `json:"quantization"`
	}
	err := json.Unmarshal(data, c)
	if err == nil {
		err = json.Unmarshal(data, &raw)
	}
	if err != nil {
		return fmt.Errorf("config.json: %w", err)
	}
	if raw.Quantization == nil {
		return errors.New(`config.json has no "quantization": the model is not quantized by MLX; convert it with mlx_lm.convert -q`)
	}
	if mode, ok := raw.Quantization["mode"]; ok && string(mode) != `"affine"` {
		return fmt.Errorf("config.json: quantization mode %s is not supported, want \"affine\"", mode)
	}
	for key, value := range map[string]*int{"bits": &c.Bits, "group_size": &c.Group} {
		if err := json.Unmarshal(raw.Quantization[key], value); err != nil {
			return fmt.Errorf("config.json: quantization.%s: want a number", key)
		}
	}
	c.quantization = raw.Quantization
	return nil
}

// Close closes the files.
func (c *Checkpoint) Close() error {
	var errs []error
	for _, f := range c.files {
		errs = append(errs, f.Close())
	}
	return errors.Join(errs...)
}

// Names lists all tensors, sorted.
func (c *Checkpoint) Names() []string {
	names := make([]string, 0, len(c.where))
	for name := range c.where {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Block is the MoE block of one layer: Gate and Up [Experts,Inner,Hidden],
// Down [Experts,Hidden,Inner].
type Block struct{ Gate, Up, Down *Tensor }

func blockPrefix(layer int) string { return fmt.Sprintf("model.layers.%d.mlp.switch_mlp.", layer) }

// BlockLayers lists the layers that have a MoE block.
func (c *Checkpoint) BlockLayers() []int {
	var layers []int
	for layer := range c.Config.Layers {
		if c.where[blockPrefix(layer)+"gate_proj.weight"] != nil {
			layers = append(layers, layer)
		}
	}
	return layers
}

// Block reads the MoE block of a layer.
func (c *Checkpoint) Block(layer int) (*Block, error) {
	b := &Block{}
	for _, p := range []struct {
		name string
		t    **Tensor
	}{{"gate_proj", &b.Gate}, {"up_proj", &b.Up}, {"down_proj", &b.Down}} {
		t, err := c.Tensor(blockPrefix(layer) + p.name)
		if err != nil {
			return nil, err
		}
		*p.t = t
	}
	g, u, d := b.Gate, b.Up, b.Down
	if g.Experts != u.Experts || g.Experts != d.Experts || g.N != u.N || g.K != u.K || d.N != g.K || d.K != g.N {
		return nil, fmt.Errorf("checkpoint %s: layer %d: gate [%d,%d,%d], up [%d,%d,%d] and down [%d,%d,%d] do not fit together",
			c.dir, layer, g.Experts, g.N, g.K, u.Experts, u.N, u.K, d.Experts, d.N, d.K)
	}
	return b, nil
}

// Tensor reads the quantized matrices prefix.weight, .scales and .biases; a
// plain matrix counts as one expert.
func (c *Checkpoint) Tensor(prefix string) (*Tensor, error) {
	t, err := c.tensor(prefix)
	if err != nil {
		return nil, fmt.Errorf("checkpoint %s: %s: %w", c.dir, prefix, err)
	}
	return t, nil
}

func (c *Checkpoint) tensor(prefix string) (*Tensor, error) {
	weight, shape, err := c.read(prefix+".weight", safetensors.U32)
	if err != nil {
		return nil, err
	}
	scales, scaleShape, err := c.read(prefix+".scales", safetensors.F32, safetensors.F16, safetensors.BF16)
	if err != nil {
		return nil, err
	}
	stored, _ := c.where[prefix+".scales"].Info(prefix + ".scales")
	scaleType := stored.DType
	biases, biasShape, err := c.read(prefix+".biases", scaleType)
	if err != nil {
		return nil, err
	}
	if !slices.Equal(scaleShape, biasShape) {
		return nil, fmt.Errorf("scales are %v but biases %v", scaleShape, biasShape)
	}
	f, err := c.format(prefix)
	if err != nil {
		return nil, err
	}
	if f.DType, err = dtype.Parse(strings.ToLower(scaleType.String())); err != nil {
		return nil, err
	}
	if len(shape) == 2 {
		shape = append([]int{1}, shape...)
		scaleShape = append([]int{1}, scaleShape...)
	}
	if len(shape) != 3 || len(scaleShape) != 3 {
		return nil, fmt.Errorf("weight is %v and scales are %v, want 2 or 3 dimensions each", shape, scaleShape)
	}
	k := scaleShape[2] * f.Group
	if shape[0] != scaleShape[0] || shape[1] != scaleShape[1] || shape[2]*32 != k*f.Bits {
		return nil, fmt.Errorf("weight %v and scales %v do not fit %d bits and group size %d of config.json", shape, scaleShape, f.Bits, f.Group)
	}
	t := &Tensor{Format: f, Experts: shape[0], N: shape[1], K: k, Packed: weight, Scales: scales, Biases: biases}
	return t, t.Check()
}

// format is config.json's word on one tensor: the default, or its own entry.
func (c *Checkpoint) format(prefix string) (Format, error) {
	f := Format{Bits: c.Config.Bits, Group: c.Config.Group}
	own, ok := c.Config.quantization[prefix]
	if !ok {
		return f, nil
	}
	if string(own) == "false" {
		return f, errors.New("config.json says that it is not quantized")
	}
	entry := struct {
		Bits  int    `json:"bits"`
		Group int    `json:"group_size"`
		Mode  string `json:"mode"`
	}{f.Bits, f.Group, "affine"}
	if err := json.Unmarshal(own, &entry); err != nil {
		return f, fmt.Errorf("config.json: its quantization: %w", err)
	}
	if entry.Mode != "affine" {
		return f, fmt.Errorf("config.json: its quantization mode %q is not supported, want \"affine\"", entry.Mode)
	}
	return Format{Bits: entry.Bits, Group: entry.Group}, nil
}

// read reads a tensor of one of the wanted types.
func (c *Checkpoint) read(name string, want ...safetensors.DType) (data []byte, shape []int, err error) {
	f := c.where[name]
	if f == nil {
		return nil, nil, fmt.Errorf("no tensor %s: the checkpoint has %d tensors, such as %s", name, len(c.where), c.near(name))
	}
	info, _ := f.Info(name)
	if !slices.Contains(want, info.DType) {
		return nil, nil, fmt.Errorf("%s is %s, want %v", name, info.DType, want)
	}
	data, err = f.Read(name)
	return data, slices.Clone(info.Shape), err
}

// near is the name that shares the longest beginning.
func (c *Checkpoint) near(name string) string {
	best, length := "none", -1
	for _, other := range c.Names() {
		n := 0
		for n < len(name) && n < len(other) && name[n] == other[n] {
			n++
		}
		if n > length {
			best, length = other, n
		}
	}
	return best
}

// Floats reads an unquantized tensor, a norm's weights or a router.
func (c *Checkpoint) Floats(name string) (values []float32, shape []int, err error) {
	data, shape, err := c.read(name, safetensors.F32, safetensors.F16, safetensors.BF16)
	if err == nil {
		stored, _ := c.where[name].Info(name)
		var dt dtype.DType
		if dt, err = dtype.Parse(strings.ToLower(stored.DType.String())); err == nil {
			values, err = dt.Floats(data)
		}
	}
	if err != nil {
		return nil, nil, fmt.Errorf("checkpoint %s: %w", c.dir, err)
	}
	return values, shape, nil
}
