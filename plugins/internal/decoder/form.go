package decoder

import "github.com/assay-bench/assay/plugins/internal/moe"

// Form says which parts of a step are fused. The zero Form is a dispatch for each op,
// as mlx-lm has them.
type Form struct {
	moe.Form
	QKV        bool // queries, keys and values of one token in one product
	Rope       bool // norms of heads, rotary positions and the cache in one dispatch
	GateUpMost int  // tokens up to which gate, up and SwiGLU are fused, where they are; 0: any number
	AddNorm    bool // a residual sum and the norm behind it in one dispatch
}
