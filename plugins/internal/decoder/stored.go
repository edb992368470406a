package decoder

import (
	"cmp"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/assay-bench/assay/metal/dtype"
	"github.com/assay-bench/assay/metal/quant"
	"github.com/assay-bench/assay/plugins/internal/moe"
)

// stored is what config.json and the tensors' headers say of a decoder.
type stored struct {
	family
	c      *quant.Checkpoint
	folder string
	shape  Shape
	dt     dtype.DType
	format quant.Format // of the first matrix
}

// fromFolder reads the shape of a checkpoint, of which layers layers are made.
func fromFolder(s moe.Spec) (m Model, err error) {
	c, err := quant.OpenCheckpoint(s.Model)
	if err != nil {
		return m, err
	}
	defer c.Close()
	x := &stored{c: c, folder: s.Model}
	if err = x.config(); err == nil {
		m, err = x.model(s)
	}
	if err != nil && !strings.HasPrefix(err.Error(), "checkpoint ") {
		err = fmt.Errorf("checkpoint %s: %w", s.Model, err)
	}
	return m, err
}

// config reads config.json.
func (x *stored) config() error {
	modelType, err := x.c.Config.Text("model_type")
	if err != nil {
		return err
	}
	var why string
	if x.family, why = familyOf(modelType); why != "" {
		return fmt.Errorf("model_type is %.40q: %s", modelType, why)
	}
	s := &x.shape
	*s = Shape{Name: filepath.Base(filepath.Clean(x.folder)), QKNorm: x.qkNorm, Eps: 1e-6}
	for key, into := range map[string]*int{
		"num_hidden_layers": &s.Depth, "num_attention_heads": &s.Heads, "num_key_value_heads": &s.KV, "head_dim": &s.HeadDim,
	} {
		if *into, err = x.c.Config.Int(key); err != nil {
			return err
		}
	}
	if s.Depth == 0 || s.Heads == 0 {
		return fmt.Errorf("config.json has no num_hidden_layers or no num_attention_heads")
	}
	if s.KV == 0 {
		s.KV = s.Heads
	}
	for key, into := range map[string]any{"rms_norm_eps": &s.Eps, "tie_word_embeddings": &s.Tied} {
		if err := x.c.Config.Decode(key, into); err != nil {
			return err
		}
	}
	if !(s.Eps >= 0) {
		return fmt.Errorf("config.json: rms_norm_eps is %g", s.Eps)
	}
	if err := x.rope(); err != nil {
		return err
	}
	return x.plain()
}

// rope reads the base of the positions. Scaled ones are refused.
func (x *stored) rope() error {
	type rope struct {
		Theta float64 `json:"rope_theta"`
		Type  string  `json:"rope_type"`
		Old   string  `json:"type"`
	}
	var nested, scaling rope
	x.shape.Theta = 1e4
	for key, into := range map[string]any{"rope_parameters": &nested, "rope_scaling": &scaling} {
		if err := x.c.Config.Decode(key, into); err != nil {
			return err
		}
	}
	if nested.Theta > 0 {
		x.shape.Theta = nested.Theta
	}
	if err := x.c.Config.Decode("rope_theta", &x.shape.Theta); err != nil {
		return err
	}
	for _, r := range []rope{nested, scaling} {
		if kind := cmp.Or(r.Type, r.Old, "default"); kind != "default" {
			return fmt.Errorf("config.json scales rotary positions (%.40q), which this decoder does not", kind)
		}
	}
	if !(x.shape.Theta > 0) {
		return fmt.Errorf("config.json: rope_theta is %g, want a positive number", x.shape.Theta)
	}
	return nil
}

// plain refuses what the architecture may have and this decoder has not.
func (x *stored) plain() error {
	norm, window, used := true, json.RawMessage(nil), true
	for key, into := range map[string]any{"norm_topk_prob": &norm, "sliding_window": &window, "use_sliding_window": &used} {
		if err := x.c.Config.Decode(key, into); err != nil {
			return err
		}
	}
	if !norm {
		return fmt.Errorf("config.json says norm_topk_prob false, and this decoder's routers renormalise")
	}
	if len(window) > 0 && string(window) != "null" && used {
		return fmt.Errorf("config.json has a sliding_window, and this decoder attends to all positions")
	}
	return nil
}

func layerPrefix(l int) string { return fmt.Sprintf("model.layers.%d.", l) }

// model holds the tensors' headers against the shape.
func (x *stored) model(spec moe.Spec) (m Model, err error) {
	s := &x.shape
	embedding, err := x.c.Stored("model.embed_tokens")
	if err != nil {
		return m, err
	}
	s.Vocab, s.Hidden, x.dt = embedding.N, embedding.K, embedding.DType
	if s.HeadDim == 0 {
		s.HeadDim = s.Hidden / s.Heads
	}
	if s.Heads%s.KV != 0 || s.HeadDim%2 != 0 {
		return m, fmt.Errorf("config.json: %d query heads of %d dimensions do not go with %d KV heads", s.Heads, s.HeadDim, s.KV)
	}
	m = Model{Shape: *s, Layers: spec.Layers, folder: x.folder, family: x.family}
	if spec.Layers > s.Depth {
		return m, nil // which Resolve reports
	}
	if err := x.experts(spec, &m); err != nil {
		return m, err
	}
	if !m.Tied {
		if err := x.matrix("lm_head", s.Vocab, s.Hidden); err != nil {
			return m, err
		}
	}
	if err := x.vector("model.norm.weight", s.Hidden); err != nil {
		return m, err
	}
	for l := range m.Layers {
		if err := x.layer(&m, l); err != nil {
			return m, err
		}
	}
	m.Shape.Inner, m.Format = s.Inner, x.format
	return m, nil
}

// experts resolves the layers that have some.
func (x *stored) experts(spec moe.Spec, m *Model) error {
	m.dense = make([]bool, m.Layers)
	if x.router == "" {
		for l := range m.dense {
			m.dense[l] = true
		}
		return nil
	}
	layers := spec.Layers
	spec.Layers = 1
	r, faults := spec.Resolve()
	if len(faults) == 0 {
		spec.Layers = 0
		for l := range layers {
			m.dense[l] = !slices.Contains(r.Numbers(), l)
			if !m.dense[l] {
				spec.Layers++
			}
		}
		if spec.Layers == 0 {
			return fmt.Errorf("none of the first %d layers has experts: make more of them", layers)
		}
		r, faults = spec.Resolve()
	}
	if len(faults) > 0 {
		return fmt.Errorf("%s: %s", faults[0].Summary, faults[0].Detail)
	}
	m.Experts = &r
	return nil
}

// part is a matrix of a layer.
type part struct {
	name string
	n, k int
}

func (x *stored) layer(m *Model, l int) error {
	s, at := &x.shape, layerPrefix(l)
	heads, kv := s.Heads*s.HeadDim, s.KV*s.HeadDim
	parts := []part{
		{"self_attn.q_proj", heads, s.Hidden}, {"self_attn.k_proj", kv, s.Hidden}, {"self_attn.v_proj", kv, s.Hidden},
		{"self_attn.o_proj", s.Hidden, heads},
	}
	norms := map[string]int{"input_layernorm": s.Hidden, "post_attention_layernorm": s.Hidden}
	if s.QKNorm {
		norms["self_attn.q_norm"], norms["self_attn.k_norm"] = s.HeadDim, s.HeadDim
	}
	if m.dense[l] {
		if s.Inner == 0 {
			gate, err := x.c.Stored(at + "mlp.gate_proj")
			if err != nil {
				return err
			}
			s.Inner = gate.N
		}
		parts = append(parts, part{"mlp.gate_proj", s.Inner, s.Hidden}, part{"mlp.up_proj", s.Inner, s.Hidden}, part{"mlp.down_proj", s.Hidden, s.Inner})
	} else {
		parts = append(parts, part{x.router, m.Experts.Model.Experts, s.Hidden})
	}
	for _, w := range parts {
		if err := x.matrix(at+w.name, w.n, w.k); err != nil {
			return err
		}
		if x.c.Has(at + w.name + ".bias") {
			return fmt.Errorf("%s%s has a bias, which this decoder does not add", at, w.name)
		}
	}
	for name, n := range norms {
		if err := x.vector(at+name+".weight", n); err != nil {
			return err
		}
	}
	return nil
}

// matrix holds a quantized matrix's header against its shape.
func (x *stored) matrix(name string, n, k int) error {
	have, err := x.c.Stored(name)
	switch {
	case err != nil:
		return err
	case have.Experts != 1 || have.N != n || have.K != k:
		return fmt.Errorf("%s is %s, want [%d,%d]", name, have, n, k)
	case have.DType != x.dt:
		return fmt.Errorf("%s is %s, the embedding %s: one type is needed", name, have.Format, x.dt)
	}
	if x.format.Bits == 0 {
		x.format = have.Format
	}
	return nil
}

func (x *stored) vector(name string, n int) error {
	shape, err := x.c.Shape(name)
	if err == nil && !slices.Equal(shape, []int{n}) {
		err = fmt.Errorf("%s is %v, want [%d]", name, shape, n)
	}
	return err
}
