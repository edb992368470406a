package moe

import (
	"fmt"
	"slices"

	"github.com/assay-bench/assay/core/sdk"
	"github.com/assay-bench/assay/metal/dtype"
	"github.com/assay-bench/assay/metal/quant"
)

// Spec is what every plugin's configuration says about the model; plugins embed
// it. What is left out of the format is as the checkpoint has it, or usual.
type Spec struct {
	Model     string  `assay:"model" help:"shape preset (qwen3-30b-a3b, lfm2-8b-a1b, glm-4.7-flash or tiny) or the folder of an MLX checkpoint" default:"qwen3-30b-a3b"`
	Mode      *string `assay:"mode" help:"MLX's quantization mode: affine, mxfp4, mxfp8 or nvfp4; left out: the checkpoint's, else affine"`
	Bits      *int    `assay:"bits" help:"bits of a quantized weight; left out: the checkpoint's, else the mode's (4, of mxfp8 8)" oneof:"2,3,4,5,6,8"`
	GroupSize *int    `assay:"group_size" help:"weights that share one scale; left out: the checkpoint's, else the mode's (affine 64, mxfp4 and mxfp8 32, nvfp4 16)" oneof:"16,32,64,128"`
	DType     *string `assay:"dtype" help:"type of activations, and of affine scales and biases; left out: the checkpoint's, else bfloat16" oneof:"float32,float16,bfloat16"`
	Layers    int     `assay:"layers" help:"layers whose weights are made" default:"1" min:"1"`
	Experts   int     `assay:"experts" help:"experts per layer whose weights are made; 0: all that the model has" default:"0" min:"0"`
	TopK      int     `assay:"top_k" help:"experts that a token passes; 0: as many as in the model" default:"0" min:"0"`
	Hidden    int     `assay:"hidden" help:"hidden size of a preset with experts; 0: the model's" default:"0" min:"0" max:"65536"`
	Inter     int     `assay:"inter" help:"width of one expert's FFN of a preset; 0: the model's" default:"0" min:"0" max:"65536"`
}

// Resolved is a Spec that makes sense.
type Resolved struct {
	Model
	quant.Format     // of the first layer's gate; its type is that of all
	Layers       int // made
	Experts      int // made, per layer

	model   Model     // as the preset or the checkpoint has it
	formats []Formats // of the layers that are made
	numbers []int     // of a checkpoint: which layers these are
	family  family
}

// faults are what is wrong with a Spec, each with its attribute.
type faults []sdk.Diagnostic

func (f *faults) add(path, summary, detail string, args ...any) {
	*f = append(*f, sdk.Diagnostic{Path: path, Summary: summary, Detail: fmt.Sprintf(detail, args...), Code: "bad_" + path})
}

// Resolve checks a Spec. Every fault is returned, each with its attribute.
func (s Spec) Resolve() (Resolved, []sdk.Diagnostic) {
	var found faults
	r := Resolved{Layers: s.Layers, Experts: s.Experts}
	var formats []Formats
	if IsFolder(s.Model) {
		formats = s.checkpoint(&r, &found)
	} else {
		formats = s.preset(&r, &found)
	}
	if len(found) > 0 {
		return r, found
	}
	if s.TopK > r.Model.Experts {
		found.add("top_k", "more experts than the model has", "%s has %d in a layer: use 1 to %d", r.Name, r.Model.Experts, r.Model.Experts)
		return r, found
	}
	if s.TopK > 0 {
		r.TopK = s.TopK
	}
	m := r.Model
	if s.Experts == 0 {
		r.Experts = m.Experts
	}
	if r.Experts < m.TopK || r.Experts > m.Experts {
		found.add("experts", "number of experts out of range", "%s sends each token to %d of %d experts; use %d to %d, or 0 for all",
			m.Name, m.TopK, m.Experts, m.TopK, m.Experts)
	}
	if r.Layers < 1 || r.Layers > m.Layers {
		found.add("layers", "number of layers out of range", "%s has %d layers; use 1 to %d", m.Name, m.Layers, m.Layers)
		return r, found
	}
	r.formats = slices.Repeat(formats, (r.Layers+len(formats)-1)/len(formats))[:r.Layers]
	r.Format = r.formats[0][gate]
	return r, found
}

// preset has the same format everywhere.
func (s Spec) preset(r *Resolved, found *faults) []Formats {
	var ok bool
	if r.Model, ok = Lookup(s.Model); !ok {
		found.add("model", "unknown model", "%s", unknown(s.Model))
	}
	r.model = r.Model
	var rows []int // as the model has them, which the given ones are not
	for _, w := range s.widths(&r.Model) {
		if w.given == 0 && ok {
			rows = append(rows, *w.of)
		}
	}
	f, more := s.Synthetic(rows...)
	*found = append(*found, more...)
	for _, w := range s.widths(&r.Model) {
		if w.given == 0 {
			continue
		}
		*w.of = w.given
		if err := f.Check(w.given); err != nil && len(more) == 0 {
			found.add(w.path, "weights cannot be quantized so", "%s = %d: %v", w.path, w.given, err)
		}
	}
	return []Formats{uniform(f)}
}

// Synthetic is the format of weights that are drawn, of rows of some lengths, and what
// is wrong with it.
func (s Spec) Synthetic(rows ...int) (quant.Format, []sdk.Diagnostic) {
	var found faults
	f := s.format(&found)
	for _, k := range rows {
		if err := f.Check(k); err != nil && len(found) == 0 {
			found.add("group_size", "weights cannot be quantized so", "%s: %v", s.Model, err)
		}
	}
	return f, found
}

// format is what is given, and what is usual beside it.
func (s Spec) format(found *faults) quant.Format {
	f := quant.Format{DType: dtype.BF16}
	var err error
	if s.Mode != nil {
		if f.Mode, err = quant.ParseMode(*s.Mode); err != nil {
			found.add("mode", "unknown quantization mode", "%v", err)
		}
	}
	f.Bits, f.Group = f.Mode.Usual()
	f.Bits = s.within(found, "bits", s.Bits, f.Mode, f.Mode.Bits(), f.Bits)
	f.Group = s.within(found, "group_size", s.GroupSize, f.Mode, f.Mode.Groups(), f.Group)
	if s.DType != nil {
		if f.DType, err = dtype.Parse(*s.DType); err != nil {
			found.add("dtype", "unknown activation type", "%v", err)
		}
	}
	return f
}

// within is a value that is given, if the mode has it, or the usual one.
func (s Spec) within(found *faults, path string, given *int, mode quant.Mode, has []int, usual int) int {
	if given == nil {
		return usual
	}
	if !slices.Contains(has, *given) {
		found.add(path, "the mode has no such "+path, "mode = %q takes %s %v, not %d; leave it out for %d", mode, path, has, *given, usual)
	}
	return *given
}

// checkpoint has the formats of its headers. What the configuration says of them
// must be true.
func (s Spec) checkpoint(r *Resolved, found *faults) []Formats {
	stored, err := fromFolder(s.Model)
	if err != nil {
		found.add("model", "checkpoint cannot be used", "%v", err)
		return nil
	}
	r.Model, r.model, r.numbers, r.family = stored.Model, stored.Model, stored.numbers, stored.family
	for _, w := range s.widths(&r.Model) {
		if w.given != 0 && w.given != *w.of {
			found.add(w.path, "the checkpoint has another "+w.path, "%s is stored with %s %d, not %d: leave it out", r.Name, w.path, *w.of, w.given)
		}
	}
	used := stored.formats[:max(1, min(s.Layers, len(stored.formats)))]
	r.formats = used
	s.same(found, "mode", text(s.Mode), r, func(f quant.Format) any { return f.Mode })
	s.same(found, "bits", text(s.Bits), r, func(f quant.Format) any { return f.Bits })
	s.same(found, "group_size", text(s.GroupSize), r, func(f quant.Format) any { return f.Group })
	given := text(s.DType)
	if dt, err := dtype.Parse(given); err == nil {
		given = dt.String()
	}
	s.same(found, "dtype", given, r, func(f quant.Format) any { return f.DType })
	return used
}

// width is one that a configuration may give, and the model's.
type width struct {
	path  string
	given int // 0: left out
	of    *int
}

func (s Spec) widths(m *Model) []width {
	return []width{{"hidden", s.Hidden, &m.Hidden}, {"inter", s.Inter, &m.Inter}}
}

// Dense are the faults of a Spec whose model, of this name, has no experts.
func (s Spec) Dense(name string) []sdk.Diagnostic {
	var found faults
	for _, w := range []width{{path: "experts", given: s.Experts}, {path: "top_k", given: s.TopK}, {path: "hidden", given: s.Hidden}, {path: "inter", given: s.Inter}} {
		if w.given != 0 {
			found.add(w.path, "the model has no experts", "%s is dense: leave %s out", name, w.path)
		}
	}
	return found
}

// text is what is given, empty if nothing is.
func text[T any](given *T) string {
	if given == nil {
		return ""
	}
	return fmt.Sprint(*given)
}

// same reports something given that the stored formats do not have.
func (s Spec) same(found *faults, path, given string, r *Resolved, what func(quant.Format) any) {
	if have := distinct(r.all(), what); given != "" && given != have {
		found.add(path, "the checkpoint has another "+path, "%s is stored with %s %s, not %s: leave it out", r.Name, path, have, given)
	}
}

// Need is Resolve for a configuration that must be right by now: its faults as
// one error.
func (s Spec) Need() (Resolved, error) {
	r, faults := s.Resolve()
	return r, sdk.Faults(faults)
}

// ExpertBytes is what a token reads of one expert of a layer: gate, up and, when
// asked for, down.
func (r Resolved) ExpertBytes(layer int, rest bool) int64 {
	n := down
	if rest {
		n = sharedGate
	}
	return r.bytes(layer, gate, n)
}

// SharedBytes is what a token reads of the shared experts of a layer.
func (r Resolved) SharedBytes(layer int) int64 {
	if r.Shared == 0 {
		return 0
	}
	return r.bytes(layer, sharedGate, parts)
}

// bytes of one matrix of each of the parts from, … to-1.
func (r Resolved) bytes(layer int, from, to part) (n int64) {
	for p := from; p < to; p++ {
		_, rows, k := p.shape(r.Model, 1)
		n += int64(rows * r.formats[layer][p].RowBytes(k))
	}
	return n
}

// Bytes is the device memory of all weights that are made.
func (r Resolved) Bytes(rest bool) (n int64) {
	for layer := range r.formats {
		n += int64(r.Experts) * r.ExpertBytes(layer, rest)
		if rest {
			n += r.SharedBytes(layer)
		}
	}
	return n
}

// Numbers are the layers of a checkpoint that have experts, ascending.
func (r Resolved) Numbers() []int { return r.numbers }

// shape names the model, and what the configuration has changed of it.
func (r Resolved) shape() string {
	name := r.Name
	for _, n := range []struct {
		path       string
		have, same int
	}{{"top_k", r.TopK, r.model.TopK}, {"hidden", r.Hidden, r.model.Hidden}, {"inter", r.Inter, r.model.Inter}} {
		if n.have != n.same {
			name += fmt.Sprintf(", %s %d", n.path, n.have)
		}
	}
	return name
}

// Facts for the result document.
func (r Resolved) Facts() map[string]string {
	facts := map[string]string{
		"model":      r.shape(),
		"mode":       distinct(r.all(), func(f quant.Format) any { return f.Mode }),
		"bits":       distinct(r.all(), func(f quant.Format) any { return f.Bits }),
		"group_size": distinct(r.all(), func(f quant.Format) any { return f.Group }),
		"dtype":      r.DType.String(),
		"layers":     fmt.Sprintf("%d of %d", r.Layers, r.Model.Layers),
		"experts":    fmt.Sprintf("%d of %d", r.Experts, r.Model.Experts),
		"weights":    "synthetic",
	}
	if r.Folder != "" {
		facts["weights"] = "checkpoint " + r.Folder
	}
	if r.family.left != "" {
		facts["left_out"] = r.family.left
	}
	return facts
}
