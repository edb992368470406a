package cpu

import "github.com/assay-bench/assay/metal/kernels"

// twins are the native ops, by the name of their declaration in package kernels.
var twins = map[string]func(*binder) task{
	"quantized_matmul":   bindMatmul,
	"gather_qmm":         bindGather,
	"gather_qmm_swiglu":  bindGatherSwiglu,
	"gather_qmm_combine": bindGatherCombine,
	"swiglu":             bindSwiglu,
	"topk_gating":        bindGating,
	"moe_combine":        bindCombine,
	"progressive_swiglu": bindProgressive,
	"softmax":            bindSoftmax,
	"rms_norm":           bindRMSNorm,
	"add_rms_norm":       bindAddRMSNorm,
	"rope":               bindRope,
	"rope_cache":         bindRopeCache,
	"cache_append":       bindCacheAppend,
	"sdpa":               bindSDPA,
	"advance":            bindAdvance,
	"add":                bindAdd,
	"embedding":          bindEmbedding,
	"argmax":             bindArgmax,
}

// mode is how a combine rounds.
type mode uint8

const (
	noMode    mode = iota
	modeFP32       // Σ w·y by fused multiply-add in float32
	modeNoFMA      // each product rounded to float32, then added in float32
	modeExact      // product and sum each rounded to the activations' type
)

var modes = map[kernels.Mode]mode{"": noMode, kernels.FP32: modeFP32, kernels.FP32NoFMA: modeNoFMA, kernels.Exact: modeExact}
