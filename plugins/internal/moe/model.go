package moe

import (
	"slices"
	"strings"
)

// Model is the shape of a mixture-of-experts decoder. Only the MoE block and
// what a stack of blocks needs is described; routers are Qwen3's kind, softmax
// over all experts with renormalised top-k, for every model.
type Model struct {
	Name    string
	Folder  string // of an MLX checkpoint; empty: a preset, whose weights are synthetic
	Layers  int    // decoder layers
	Hidden  int
	Experts int // per layer
	TopK    int // experts per token
	Inter   int // width of one expert's FFN
	Shared  int // experts that every token passes, added after the combine
	Vocab   int
	Theta   float64 // rope base, 0 without rope
	Eps     float64 // of RMSNorm
}

// Models lists the presets. The first is the default; "tiny" is for tests and
// for trying things out, and has no counterpart.
func Models() []Model {
	return []Model{
		{Name: "qwen3-30b-a3b", Layers: 48, Hidden: 2048, Experts: 128, TopK: 8, Inter: 768, Vocab: 151936, Theta: 1e6, Eps: 1e-6},
		{Name: "lfm2-8b-a1b", Layers: 24, Hidden: 2048, Experts: 32, TopK: 4, Inter: 1792, Vocab: 65536, Theta: 1e6, Eps: 1e-5},
		{Name: "glm-4.7-flash", Layers: 47, Hidden: 2048, Experts: 64, TopK: 4, Inter: 1536, Shared: 1, Vocab: 154880, Eps: 1e-5},
		{Name: "tiny", Layers: 4, Hidden: 512, Experts: 16, TopK: 2, Inter: 128, Vocab: 512, Theta: 1e4, Eps: 1e-6},
	}
}

// Names of the presets.
func Names() []string {
	var out []string
	for _, m := range Models() {
		out = append(out, m.Name)
	}
	return out
}

// Lookup finds a preset by name, whatever its case.
func Lookup(name string) (Model, bool) {
	all := Models()
	i := slices.IndexFunc(all, func(m Model) bool { return strings.EqualFold(m.Name, name) })
	if i < 0 {
		return Model{}, false
	}
	return all[i], true
}
