package moe

import (
	"fmt"
	"strings"

	"github.com/assay-bench/assay/core/sdk"
	"github.com/assay-bench/assay/metal/dtype"
	"github.com/assay-bench/assay/metal/quant"
)

// Spec is what every plugin's configuration says about the model; plugins embed
// it.
type Spec struct {
	Model     string `assay:"model" help:"shape preset (qwen3-30b-a3b, lfm2-8b-a1b, glm-4.7-flash or tiny) or the folder of an MLX checkpoint" default:"qwen3-30b-a3b"`
	Bits      int    `assay:"bits" help:"bits of a quantized weight" default:"4" oneof:"2,3,4,5,6,8"`
	GroupSize int    `assay:"group_size" help:"weights that share one scale and bias" default:"64" oneof:"32,64,128"`
	DType     string `assay:"dtype" help:"type of activations, scales and biases" default:"bfloat16" oneof:"float32,float16,bfloat16"`
	Layers    int    `assay:"layers" help:"layers whose weights are made" default:"1" min:"1"`
	Experts   int    `assay:"experts" help:"experts per layer whose weights are made; 0: all that the model has" default:"0" min:"0"`
}

// Resolved is a Spec that makes sense.
type Resolved struct {
	Model
	quant.Format
	Layers  int // made
	Experts int // made, per layer
}

// Resolve checks a Spec. Every fault is returned, each with its attribute.
func (s Spec) Resolve() (Resolved, []sdk.Diagnostic) {
	var faults []sdk.Diagnostic
	fault := func(path, summary, detail string, args ...any) {
		faults = append(faults, sdk.Diagnostic{Path: path, Summary: summary, Detail: fmt.Sprintf(detail, args...), Code: "bad_" + path})
	}
	m, ok := Lookup(s.Model)
	switch {
	case ok:
	case IsFolder(s.Model):
		var bits, group int
		var err error
		if m, bits, group, err = fromFolder(s.Model); err != nil {
			fault("model", "checkpoint cannot be used", "%v", err)
			break
		}
		if bits != s.Bits {
			fault("bits", "the checkpoint has other bits", "%s is quantized to %d bits: set bits = %d", m.Name, bits, bits)
		}
		if group != s.GroupSize {
			fault("group_size", "the checkpoint has other groups", "%s is quantized in groups of %d: set group_size = %d", m.Name, group, group)
		}
	default:
		fault("model", "unknown model", "%q is none of %s, nor a folder", s.Model, strings.Join(Names(), ", "))
	}
	dt, err := dtype.Parse(s.DType)
	if err != nil {
		fault("dtype", "unknown activation type", "%v", err)
	}
	r := Resolved{
		Model: m, Format: quant.Format{Bits: s.Bits, Group: s.GroupSize, DType: dt},
		Layers: s.Layers, Experts: s.Experts,
	}
	if len(faults) > 0 {
		return r, faults
	}
	if s.Experts == 0 {
		r.Experts = m.Experts
	}
	for _, k := range []int{m.Hidden, m.Inter} {
		if err := r.Check(k); err != nil {
			fault("group_size", "weights cannot be quantized so", "%s: %v", m.Name, err)
			break
		}
	}
	if r.Experts < m.TopK || r.Experts > m.Experts {
		fault("experts", "number of experts out of range", "%s sends each token to %d of %d experts; use %d to %d, or 0 for all",
			m.Name, m.TopK, m.Experts, m.TopK, m.Experts)
	}
	if r.Layers < 1 || r.Layers > m.Layers {
		fault("layers", "number of layers out of range", "%s has %d layers; use 1 to %d", m.Name, m.Layers, m.Layers)
	}
	return r, faults
}

// Need is Resolve for a configuration that must be right by now: its faults as
// one error.
func (s Spec) Need() (Resolved, error) {
	r, faults := s.Resolve()
	return r, sdk.Faults(faults)
}

// ExpertBytes is what a token reads of one expert: gate, up and, when asked
// for, down.
func (r Resolved) ExpertBytes(down bool) int64 {
	n := 2 * r.Inter * r.RowBytes(r.Hidden)
	if down {
		n += r.Hidden * r.RowBytes(r.Inter)
	}
	return int64(n)
}

// Bytes is the device memory of all weights that are made.
func (r Resolved) Bytes(down bool) int64 {
	return int64(r.Layers) * int64(r.Experts+r.Shared) * r.ExpertBytes(down)
}

// Facts for the result document.
func (r Resolved) Facts() map[string]string {
	weights := "synthetic"
	if r.Folder != "" {
		weights = "checkpoint " + r.Folder
	}
	return map[string]string{
		"model":      r.Name,
		"bits":       fmt.Sprint(r.Bits),
		"group_size": fmt.Sprint(r.Group),
		"dtype":      r.DType.String(),
		"layers":     fmt.Sprintf("%d of %d", r.Layers, r.Model.Layers),
		"experts":    fmt.Sprintf("%d of %d", r.Experts, r.Model.Experts),
		"weights":    weights,
	}
}
