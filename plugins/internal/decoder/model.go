package decoder

import (
	"fmt"
	"strings"

	"github.com/assay-bench/assay/core/sdk"
	"github.com/assay-bench/assay/metal/quant"
	"github.com/assay-bench/assay/plugins/internal/moe"
)

// Model is a decoder of which some layers are made.
type Model struct {
	Shape
	quant.Format               // of matrices that are drawn; its type is that of all
	Layers       int           // made
	Vocab        int           // tokens whose embedding and head are made
	Experts      *moe.Resolved // of the layers that have some; nil: none has

	dense  []bool // which layers have none; nil: all or none, as Experts says
	folder string // of a checkpoint; empty: weights are drawn
	family family
}

// sparse says whether a layer has experts.
func (m *Model) sparse(layer int) bool {
	return m.Experts != nil && (m.dense == nil || !m.dense[layer])
}

// Resolve finds the decoder of a configuration, with a vocabulary of so many tokens, 0
// for the model's. Every fault is returned, each with its attribute.
func Resolve(s moe.Spec, vocab int) (m Model, faults []sdk.Diagnostic) {
	switch shape, dense := lookup(s.Model); {
	case dense:
		m, faults = denseModel(s, shape)
	case moe.IsFolder(s.Model):
		m, faults = storedModel(s, vocab)
	default:
		m, faults = sparseModel(s)
	}
	if m.Vocab = vocab; vocab == 0 {
		m.Vocab = m.Shape.Vocab
	}
	if len(faults) == 0 && m.Vocab > m.Shape.Vocab {
		faults = append(faults, fault("vocab", "more tokens than the model has", "%s has %d; use 1 to %d, or 0 for all", m.Name, m.Shape.Vocab, m.Shape.Vocab))
	}
	return m, faults
}

func fault(path, summary, detail string, args ...any) sdk.Diagnostic {
	return sdk.Diagnostic{Path: path, Code: "bad_" + path, Summary: summary, Detail: fmt.Sprintf(detail, args...)}
}

func denseModel(s moe.Spec, shape Shape) (Model, []sdk.Diagnostic) {
	m := Model{Shape: shape, Layers: s.Layers}
	var faults []sdk.Diagnostic
	m.Format, faults = s.Synthetic(shape.Hidden, shape.Inner, shape.Heads*shape.HeadDim)
	if s.Layers < 1 || s.Layers > shape.Depth {
		faults = append(faults, fault("layers", "number of layers out of range", "%s has %d layers; use 1 to %d", shape.Name, shape.Depth, shape.Depth))
	}
	return m, append(faults, s.Dense(shape.Name)...)
}

func storedModel(s moe.Spec, vocab int) (m Model, faults []sdk.Diagnostic) {
	m, err := fromFolder(s)
	if err != nil {
		return m, []sdk.Diagnostic{fault("model", "checkpoint cannot be used", "%v", err)}
	}
	if s.Layers < 1 || s.Layers > m.Depth {
		faults = append(faults, fault("layers", "number of layers out of range", "%s has %d layers; use 1 to %d", m.Name, m.Depth, m.Depth))
	}
	if m.Experts == nil {
		faults = append(faults, s.Dense(m.Name)...)
	}
	if m.Experts != nil && m.Experts.Experts != m.Experts.Model.Experts {
		faults = append(faults, fault("experts", "a checkpoint's routers choose among all experts", "%s has %d in each layer: leave experts out", m.Name, m.Experts.Model.Experts))
	}
	if vocab != 0 && vocab != m.Shape.Vocab {
		faults = append(faults, fault("vocab", "a checkpoint has its own vocabulary", "%s has %d tokens: leave vocab out", m.Name, m.Shape.Vocab))
	}
	return m, faults
}

func sparseModel(s moe.Spec) (Model, []sdk.Diagnostic) {
	r, faults := s.Resolve()
	name := strings.ToLower(s.Model)
	if lacks, ok := missing()[name]; ok {
		faults = append(faults, fault("model", "no decoder for this model", "%s has %s, and this decoder has none; use one of %s", r.Name, lacks, strings.Join(Names(), ", ")))
	}
	if len(faults) > 0 {
		return Model{}, faults
	}
	shape := withExperts(r.Model)
	if err := r.Check(shape.Heads * shape.HeadDim); err != nil {
		faults = append(faults, fault("group_size", "weights cannot be quantized so", "%s: %v", r.Name, err))
	}
	return Model{Shape: shape, Format: r.Format, Layers: r.Layers, Experts: &r}, faults
}

// Facts for the result document.
func (m Model) Facts() map[string]string {
	facts := map[string]string{
		"model": m.Name, "mode": m.Mode.String(), "bits": fmt.Sprint(m.Bits), "group_size": fmt.Sprint(m.Group), "dtype": m.DType.String(), "weights": "synthetic",
	}
	if m.Experts != nil {
		facts = m.Experts.Facts()
	}
	if m.folder != "" {
		facts["weights"] = "checkpoint " + m.folder
	}
	facts["layers"] = fmt.Sprintf("%d of %d", m.Layers, m.Depth)
	facts["vocab"] = fmt.Sprintf("%d of %d", m.Vocab, m.Shape.Vocab)
	return facts
}

// Bytes is about the device memory of all weights.
func (m Model) Bytes() int64 {
	row := func(k int) int64 { return int64(m.RowBytes(k)) }
	heads := m.Heads * m.HeadDim
	layer := int64(heads+2*m.KV*m.HeadDim)*row(m.Hidden) + int64(m.Hidden)*row(heads)
	n := int64(m.Vocab) * row(m.Hidden)
	if !m.Tied {
		n *= 2
	}
	if m.Experts != nil {
		n += m.Experts.Bytes(true)
	}
	for l := range m.Layers {
		n += layer
		if m.sparse(l) {
			n += int64(m.Experts.Experts * routerFormat(m.DType).RowBytes(m.Hidden))
		} else {
			n += int64(2*m.Inner)*row(m.Hidden) + int64(m.Hidden)*row(m.Inner)
		}
	}
	return n
}

// CacheBytes is the memory of keys and values of so many positions.
func (m Model) CacheBytes(positions int) int64 {
	return int64(m.Layers) * 2 * int64(positions) * int64(m.KV*m.HeadDim*m.DType.Size())
}
