package quant

import (
	"fmt"
	"slices"
	"strings"

	"github.com/nlpodyssey/safetensors"

	"github.com/assay-bench/assay/metal/dtype"
	"github.com/assay-bench/assay/metal/tensorfile"
)

// Stored is what config.json and the tensors' headers say of quantized matrices
// [Experts,N,K].
type Stored struct {
	Format
	Experts, N, K int
}

func (s Stored) String() string {
	return fmt.Sprintf("[%d,%d,%d] %s", s.Experts, s.N, s.K, s.Format)
}

var floats = []safetensors.DType{safetensors.F32, safetensors.F16, safetensors.BF16}

// Stored reads headers alone: of prefix.weight, .scales and, where the format has
// them, .biases. A plain matrix counts as one expert.
func (c *Checkpoint) Stored(prefix string) (Stored, error) {
	s, err := c.stored(prefix)
	if err != nil {
		return s, fmt.Errorf("checkpoint %s: %s: %w", c.dir, prefix, err)
	}
	return s, nil
}

func (c *Checkpoint) stored(prefix string) (s Stored, err error) {
	if s.Format, err = c.Config.format(prefix); err != nil {
		return s, err
	}
	weight, err := c.info(prefix+".weight", safetensors.U32)
	if err != nil {
		return s, err
	}
	want := floats
	if s.Mode != Affine {
		want = []safetensors.DType{safetensors.U8}
	}
	scales, err := c.info(prefix+".scales", want...)
	if err != nil {
		return s, err
	}
	if s.DType, err = c.typeOf(s.Format, scales); err != nil {
		return s, err
	}
	if slices.Contains(s.Planes(), Biases) {
		biases, err := c.info(prefix+".biases", scales.DType)
		if err != nil {
			return s, err
		}
		if !slices.Equal(scales.Shape, biases.Shape) {
			return s, fmt.Errorf("scales are %v but biases %v", scales.Shape, biases.Shape)
		}
	}
	return s, s.shape(weight.Shape, scales.Shape)
}

// shape fills in what the tensors' shapes say.
func (s *Stored) shape(weight, scales []int) error {
	w, groups := weight, scales
	if len(w) == 2 {
		w = append([]int{1}, w...)
	}
	if len(groups) == 2 {
		groups = append([]int{1}, groups...)
	}
	if len(w) != 3 || len(groups) != 3 {
		return fmt.Errorf("weight is %v and scales are %v, want 2 or 3 dimensions each", weight, scales)
	}
	s.Experts, s.N, s.K = w[0], w[1], groups[2]*s.Group
	if w[0] != groups[0] || w[1] != groups[1] || w[2]*32 != s.K*s.Bits {
		return fmt.Errorf("weight %v and scales %v do not fit %d bits and group size %d of config.json", weight, scales, s.Bits, s.Group)
	}
	return checkShape(s.Format, s.Experts, s.N, s.K)
}

// typeOf is the type of activations: that of affine scales, else of most tensors of
// numbers.
func (c *Checkpoint) typeOf(f Format, scales tensorfile.Info) (dtype.DType, error) {
	if f.Mode != Affine {
		return c.usual, nil
	}
	return dtype.Parse(strings.ToLower(scales.DType.String()))
}

// usualType is the type of most tensors of numbers.
func (c *Checkpoint) usualType() dtype.DType {
	count := map[string]int{}
	for name, file := range c.where {
		info, _ := file.Info(name)
		count[strings.ToLower(info.DType.String())]++
	}
	usual := dtype.BF16
	for _, t := range dtype.All() {
		if count[t.String()] > count[usual.String()] {
			usual = t
		}
	}
	return usual
}

// Tensor reads quantized matrices, the first ones of as many experts as there are.
// Scales and biases that are no finite numbers are refused.
func (c *Checkpoint) Tensor(prefix string, experts int) (*Tensor, error) {
	s, err := c.Stored(prefix)
	if err != nil {
		return nil, err
	}
	t := &Tensor{Format: s.Format, Experts: min(experts, s.Experts), N: s.N, K: s.K}
	for _, p := range t.Planes() {
		name := prefix + "." + p.stored()
		if *t.Plane(p), err = c.where[name].ReadFirst(name, int64(t.Experts)*int64(t.N*t.PlaneBytes(p, t.K))); err != nil {
			return nil, fmt.Errorf("checkpoint %s: %w", c.dir, err)
		}
	}
	if err = t.Check(); err == nil {
		err = t.finite()
	}
	if err != nil {
		return nil, fmt.Errorf("checkpoint %s: %s: %w", c.dir, prefix, err)
	}
	return t, nil
}

// info finds a tensor of one of the wanted types.
func (c *Checkpoint) info(name string, want ...safetensors.DType) (tensorfile.Info, error) {
	f := c.where[name]
	if f == nil {
		return tensorfile.Info{}, fmt.Errorf("no tensor %s: the checkpoint has %d tensors, such as %s", name, len(c.where), c.near(name))
	}
	info, _ := f.Info(name)
	if !slices.Contains(want, info.DType) {
		return info, fmt.Errorf("%s is %s, want %v", name, info.DType, want)
	}
	return info, nil
}

// Has says whether there is a tensor of the name.
func (c *Checkpoint) Has(name string) bool { return c.where[name] != nil }

// Shape is that of an unquantized tensor, by its header alone.
func (c *Checkpoint) Shape(name string) ([]int, error) {
	info, err := c.info(name, floats...)
	if err != nil {
		return nil, fmt.Errorf("checkpoint %s: %w", c.dir, err)
	}
	return slices.Clone(info.Shape), nil
}

// Floats reads an unquantized tensor, a norm's weights or a router.
func (c *Checkpoint) Floats(name string) (values []float32, shape []int, err error) {
	info, err := c.info(name, floats...)
	var data []byte
	if err == nil {
		data, err = c.where[name].Read(name)
	}
	if err == nil {
		var dt dtype.DType
		if dt, err = dtype.Parse(strings.ToLower(info.DType.String())); err == nil {
			values, err = dt.Floats(data)
		}
	}
	if err != nil {
		return nil, nil, fmt.Errorf("checkpoint %s: %w", c.dir, err)
	}
	return values, slices.Clone(info.Shape), nil
}
