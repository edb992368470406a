package decoder

import (
	"slices"
	"strings"

	"github.com/assay-bench/assay/plugins/internal/moe"
)

// Shape is that of a decoder with grouped-query attention and rotary positions. What
// its experts look like is a moe.Model.
type Shape struct {
	Name    string
	Depth   int // layers of the whole model
	Hidden  int
	Heads   int // of queries
	KV      int // heads of keys and values
	HeadDim int
	Inner   int // width of a dense layer's FFN; 0: all layers have experts
	Vocab   int
	Theta   float64 // base of the rotary positions
	Eps     float64 // of RMSNorm
	QKNorm  bool    // heads of queries and keys are normalised
	Tied    bool    // the head is the embedding
}

// dense are the presets without experts. "tiny-llama" is for tests and for trying
// things out, and has no counterpart.
func dense() []Shape {
	return []Shape{
		{
			Name: "qwen3-1.7b", Depth: 28, Hidden: 2048, Heads: 16, KV: 8, HeadDim: 128, Inner: 6144, Vocab: 151936,
			Theta: 1e6, Eps: 1e-6, QKNorm: true, Tied: true,
		},
		{
			Name: "llama-3-8b", Depth: 32, Hidden: 4096, Heads: 32, KV: 8, HeadDim: 128, Inner: 14336, Vocab: 128256,
			Theta: 5e5, Eps: 1e-5,
		},
		{
			Name: "tiny-llama", Depth: 4, Hidden: 256, Heads: 4, KV: 2, HeadDim: 64, Inner: 512, Vocab: 512,
			Theta: 1e4, Eps: 1e-5, Tied: true,
		},
	}
}

// attention is what the presets of package moe have beside their experts.
func attention() map[string]Shape {
	return map[string]Shape{
		"qwen3-30b-a3b": {Heads: 32, KV: 4, HeadDim: 128, QKNorm: true},
		"tiny":          {Heads: 8, KV: 2, HeadDim: 64, QKNorm: true},
	}
}

// missing is why a preset of package moe is no decoder here.
func missing() map[string]string {
	return map[string]string{
		"lfm2-8b-a1b":   "short convolutions",
		"glm-4.7-flash": "multi-head latent attention",
	}
}

// Names of the presets that can be decoded.
func Names() (names []string) {
	for _, name := range moe.Names() {
		if _, ok := attention()[name]; ok {
			names = append(names, name)
		}
	}
	for _, s := range dense() {
		names = append(names, s.Name)
	}
	return names
}

// withExperts is the shape of a preset of package moe.
func withExperts(m moe.Model) Shape {
	s := attention()[m.Name]
	s.Name, s.Depth, s.Hidden, s.Vocab, s.Theta, s.Eps = m.Name, m.Layers, m.Hidden, m.Vocab, m.Theta, m.Eps
	return s
}

// lookup finds a dense preset by name, whatever its case.
func lookup(name string) (Shape, bool) {
	all := dense()
	i := slices.IndexFunc(all, func(s Shape) bool { return strings.EqualFold(s.Name, name) })
	if i < 0 {
		return Shape{}, false
	}
	return all[i], true
}
