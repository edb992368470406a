package kernels

import (
	"fmt"

	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/quant"
)

// All are the ops of this package.
func All() []*Op { return all }

var all []*Op // in the order of their declarations

var quantizedMatmul = declare(Op{
	Name: "quantized_matmul", Computes: "y = x·Wᵀ, one matrix",
	Arguments: []Argument{
		aligned(in("x", Activations, "M,K")), in("w", Quantized, "1,N,K"), out("y", Activations, "M,N"),
	},
	Variants: []string{"tiled"},
}, nil, spreadMatmul)

var gatherQMM = declare(Op{
	Name: "gather_qmm", Computes: "y[p] = x[lhs[p]]·W[rhs[p]]ᵀ of each index pair p",
	Arguments: []Argument{
		aligned(in("x", Activations, "Rows,M,K")), in("w", Quantized, "Experts,N,K"),
		indices("lhs", "Pairs", "Rows"), indices("rhs", "Pairs", "Experts"), out("y", Activations, "Pairs,M,N"),
	},
	Variants: []string{"grouped"},
}, nil, spreadGather("gather_qmm", 1))

var gatherQMMSwiglu = declare(Op{
	Name: "gather_qmm_swiglu", Computes: "y[p] = silu(x[lhs[p]]·Gate[rhs[p]]ᵀ)·(x[lhs[p]]·Up[rhs[p]]ᵀ)",
	Arguments: []Argument{
		aligned(in("x", Activations, "Rows,M,K")), in("gate", Quantized, "Experts,N,K"), in("up", Quantized, "Experts,N,K"),
		indices("lhs", "Pairs", "Rows"), indices("rhs", "Pairs", "Experts"), out("y", Activations, "Pairs,M,N"),
	},
	Variants: []string{"grouped"},
}, nil, spreadGather("gather_qmm_swiglu", 2))

var gatherQMMCombine = declare(Op{
	Name: "gather_qmm_combine", Computes: "out[t] = Σ_j weights[t,j]·(h[t,j]·W[rhs[t,j]]ᵀ)",
	Arguments: []Argument{
		aligned(in("h", Activations, "M,TopK,K")), in("w", Quantized, "Experts,D,K"), indices("rhs", "M,TopK", "Experts"),
		in("weights", Activations, "M,TopK"), out("out", Activations, "M,D"),
	},
	Rounds: true,
}, nil, spreadGatherCombine)

// combineProducts and combineSum are gather_qmm_combine of a prompt.
var combineProducts = declare(Op{
	Name: "gather_qmm_combine_products", Computes: "products[p] = h[p]·W[rhs[p]]ᵀ, not rounded",
	Arguments: []Argument{
		aligned(in("h", Activations, "Pairs,K")), in("w", Quantized, "Experts,N,K"), indices("rhs", "Pairs", "Experts"),
		out("products", Floats, "Pairs,N"),
	},
	File: "gather_qmm_combine", GPU: true,
}, nil, spreadProducts)

var combineSum = declare(Op{
	Name: "gather_qmm_combine_sum", Computes: "out[t] = Σ_j weights[t,j]·products[t,j]",
	Arguments: []Argument{
		in("products", Floats, "M,TopK,D"), indices("rhs", "M,TopK", "Experts"), in("weights", Activations, "M,TopK"),
		out("out", Activations, "M,D"),
	},
	Rounds: true, File: "gather_qmm_combine", Beside: true, GPU: true,
}, nil, spreadCombine)

var swiglu = declare(Op{
	Name: "swiglu", Computes: "y = silu(gate)·up",
	Arguments: []Argument{in("gate", Activations, "N"), in("up", Activations, "N"), out("y", Activations, "N")},
}, nil, spreadElements)

var topKGating = declare(Op{
	Name: "topk_gating", Computes: "the TopK largest of softmax(logits) and where they are, each row of logits",
	Arguments: []Argument{
		in("logits", Activations, "M,Experts"), out("indices", Indices, "M,TopK"), out("weights", Activations, "M,TopK"),
	},
}, func(p GatingParams) error {
	switch {
	case p.TopK > p.Experts:
		return fmt.Errorf("parameter TopK %d of %d experts", p.TopK, p.Experts)
	case p.Norm > 1:
		return fmt.Errorf("parameter Norm is %d, want 0 or 1", p.Norm)
	}
	return nil
}, func(_ metal.Kind, _ quant.Format, p GatingParams) launch { return perRow(int(p.M), simdWidth) })

var moeCombine = declare(Op{
	Name: "moe_combine", Computes: "out[t] = Σ_j weights[t,j]·y[t,j]",
	Arguments: []Argument{
		in("y", Activations, "M,TopK,D"), in("weights", Activations, "M,TopK"), out("out", Activations, "M,D"),
	},
	Rounds: true,
}, nil, spreadCombine)

var progressiveSwiglu = declare(Op{
	Name: "progressive_swiglu", Computes: "y = silu(x·Gateᵀ)·(x·Upᵀ), low bits where they may matter (refined is 1 there)",
	Arguments: []Argument{
		aligned(in("x", Activations, "M,K")), in("gate", Quantized, "1,N,K"), in("up", Quantized, "1,N,K"),
		out("y", Activations, "M,N"), out("refined", Indices, "M,N"),
	},
	Affine: []int{4, 8},
}, func(p SlimeParams) error {
	switch {
	case p.Epsilon != p.Epsilon:
		return fmt.Errorf("parameter Epsilon is NaN")
	case p.Threadgroup > maxThreadgroup || p.Threadgroup&(p.Threadgroup-1) != 0:
		return fmt.Errorf("parameter Threadgroup %d, want 0 or a power of two up to %d", p.Threadgroup, maxThreadgroup)
	}
	return nil
}, spreadProgressive)

var softmax = declare(Op{
	Name: "softmax", Computes: "softmax of each row, in float32",
	Arguments: []Argument{in("x", Activations, "M,D"), out("y", Activations, "M,D")},
}, nil, spreadRows)

var rmsNorm = declare(Op{
	Name: "rms_norm", Computes: "y = x/√(mean(x²)+Eps)·weight of each row",
	Arguments: []Argument{in("x", Activations, "M,D"), in("weight", Activations, "D"), out("y", Activations, "M,D")},
}, nil, spreadRows)

var addRMSNorm = declare(Op{
	Name: "add_rms_norm", Computes: "sum = x + residual, y = sum/√(mean(sum²)+Eps)·weight of each row; sum may be x or residual",
	Arguments: []Argument{
		in("x", Activations, "M,D"), in("residual", Activations, "M,D"), in("weight", Activations, "D"),
		out("sum", Activations, "M,D"), out("y", Activations, "M,D"),
	},
	File: "rms_norm",
}, nil, spreadRows)

// Where a step stands in its context is on the device, in at[0], so that a program
// that was recorded once goes on from token to token.
var rope = declare(Op{
	Name: "rope", Computes: "the halves of each head rotated by the angles Scale·(at+m)·Base^(-2i/D)",
	Arguments: []Argument{in("x", Activations, "M,H,D"), in("at", Indices, "1"), out("y", Activations, "M,H,D")},
}, func(p RopeParams) error { return rotates(p.D, p.Base) }, func(_ metal.Kind, _ quant.Format, p RopeParams) launch {
	return perElement(int(p.D/2), int(p.H), int(p.M))
})

func rotates(d uint32, base float32) error {
	switch {
	case d%2 != 0:
		return fmt.Errorf("parameter D %d is odd: there are no two halves to rotate", d)
	case !(base > 0):
		return fmt.Errorf("parameter Base %g, want a positive number", base)
	}
	return nil
}

var ropeCache = declare(Op{
	Name: "rope_cache", Computes: "y = rope of rms_norm of q, keys[h,at+m] = that of k, values[h,at+m] = v[m,h]; without the norms where Norm is 0",
	Arguments: []Argument{
		in("q", Activations, "M,H,D"), in("k", Activations, "M,KV,D"), in("v", Activations, "M,KV,D"),
		in("q_norm", Activations, "D"), in("k_norm", Activations, "D"), in("at", Indices, "1"),
		out("y", Activations, "M,H,D"), out("keys", Activations, "KV,Stride,D"), out("values", Activations, "KV,Stride,D"),
	},
	File: "rope",
}, func(p RopeCacheParams) error {
	if p.Norm > 1 {
		return fmt.Errorf("parameter Norm is %d, want 0 or 1", p.Norm)
	}
	return rotates(p.D, p.Base)
}, func(_ metal.Kind, _ quant.Format, p RopeCacheParams) launch {
	return perHead(int(p.H+2*p.KV), int(p.M), simdWidth)
})

var cacheAppend = declare(Op{
	Name: "cache_append", Computes: "keys[h,at+m] = k[m,h], values[h,at+m] = v[m,h], where the cache has such a position",
	Arguments: []Argument{
		in("k", Activations, "M,KV,D"), in("v", Activations, "M,KV,D"), in("at", Indices, "1"),
		out("keys", Activations, "KV,Stride,D"), out("values", Activations, "KV,Stride,D"),
	},
}, nil, func(_ metal.Kind, _ quant.Format, p CacheParams) launch {
	return perElement(int(p.D), int(p.KV), int(p.M))
})

// maxHead is what one simdgroup of sdpa holds of a head in registers.
const maxHead = 256

var sdpa = declare(Op{
	Name: "sdpa", Computes: "out[m,h] = softmax(Scale·q[m,h]·Kᵀ)·V over the positions 0 to at+m of the cache of head h/(H/KV)",
	Arguments: []Argument{
		in("q", Activations, "M,H,D"), in("keys", Activations, "KV,Stride,D"), in("values", Activations, "KV,Stride,D"),
		indices("at", "1", "Stride"), out("out", Activations, "M,H,D"),
	},
}, func(p SDPAParams) error { return heads(p.H, p.KV, p.D) },
	func(_ metal.Kind, _ quant.Format, p SDPAParams) launch { return perHead(int(p.H), int(p.M), 256) })

func heads(h, kv, d uint32) error {
	switch {
	case h%kv != 0:
		return fmt.Errorf("%d query heads do not divide among %d KV heads", h, kv)
	case d > maxHead:
		return fmt.Errorf("parameter D %d, heads have at most %d dimensions", d, maxHead)
	}
	return nil
}

// sdpaSplit and sdpaMerge are sdpa of one token, spread over the context.
var sdpaSplit = declare(Op{
	Name: "sdpa_split", Computes: "of each of Splits parts of the context: Σ e^(score-largest)·V; the largest score and Σ e^(score-largest)",
	Arguments: []Argument{
		in("q", Activations, "H,D"), in("keys", Activations, "KV,Stride,D"), in("values", Activations, "KV,Stride,D"),
		indices("at", "1", "Stride"), out("parts", Floats, "H,Splits,D"), out("sums", Floats, "H,Splits,2"),
	},
	File: "sdpa", GPU: true,
}, func(p SplitParams) error { return heads(p.H, p.KV, p.D) },
	func(_ metal.Kind, _ quant.Format, p SplitParams) launch {
		return perHead(int(p.KV), int(p.Splits), simdWidth*min(int(p.H/p.KV), splitSimdgroups))
	})

var sdpaMerge = declare(Op{
	Name: "sdpa_merge", Computes: "out[h] of the parts that sdpa_split made",
	Arguments: []Argument{
		in("parts", Floats, "H,Splits,D"), in("sums", Floats, "H,Splits,2"), out("out", Activations, "H,D"),
	},
	File: "sdpa", GPU: true,
}, nil, func(_ metal.Kind, _ quant.Format, p SplitParams) launch {
	return perRow(int(p.H), ceil(int(p.D), simdWidth)*simdWidth)
})

var advance = declare(Op{
	Name: "advance", Computes: "next = at + Step, or First where that reaches End; next may be at",
	Arguments: []Argument{in("at", Indices, "1"), out("next", Indices, "1")},
}, nil, func(metal.Kind, quant.Format, AdvanceParams) launch { return perElement(1, 1, 1) })

var add = declare(Op{
	Name: "add", Computes: "y = a + b",
	Arguments: []Argument{in("a", Activations, "N"), in("b", Activations, "N"), out("y", Activations, "N")},
}, nil, spreadElements)

var embedding = declare(Op{
	Name: "embedding", Computes: "y[m] = row ids[m] of W, dequantized",
	Arguments: []Argument{indices("ids", "M", "V"), in("w", Quantized, "1,V,D"), out("y", Activations, "M,D")},
}, nil, func(_ metal.Kind, _ quant.Format, p RowParams) launch {
	return perElement(int(p.D), int(p.M), 1)
})

var argmax = declare(Op{
	Name: "argmax", Computes: "index[m] = where row m of x is largest, the first of equals",
	Arguments: []Argument{in("x", Activations, "M,D"), out("index", Indices, "M")},
}, nil, spreadRows)
