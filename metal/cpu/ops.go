package cpu

// op is one entry of the signature table in package kernels.
type op struct {
	name      string
	quantized bool // the name ends in _bB_gG
	combining bool // the name has a MODE
	bind      func(*binder) task
}

// ops in the order of that table. A longer name stands before its prefix.
var ops = []op{
	{name: "quantized_matmul", quantized: true, bind: bindMatmul},
	{name: "gather_qmm_swiglu", quantized: true, bind: bindGatherSwiglu},
	{name: "gather_qmm_combine", quantized: true, combining: true, bind: bindGatherCombine},
	{name: "gather_qmm", quantized: true, bind: bindGather},
	{name: "swiglu", bind: bindSwiglu},
	{name: "topk_gating", bind: bindGating},
	{name: "moe_combine", combining: true, bind: bindCombine},
	{name: "progressive_swiglu", quantized: true, bind: bindProgressive},
	{name: "softmax", bind: bindSoftmax},
	{name: "rms_norm", bind: bindRMSNorm},
	{name: "rope", bind: bindRope},
	{name: "sdpa", bind: bindSDPA},
	{name: "add", bind: bindAdd},
	{name: "embedding", quantized: true, bind: bindEmbedding},
	{name: "argmax", bind: bindArgmax},
}

// mode is how a combine rounds.
type mode uint8

const (
	noMode    mode = iota
	modeFP32       // Σ w·y by fused multiply-add in float32
	modeNoFMA      // each product rounded to float32, then added in float32
	modeExact      // product and sum each rounded to the activations' type
)

func (m mode) prefix() string {
	return [...]string{"", "fp32_", "fp32_no_fma_", "exact_"}[m]
}

func (o op) modes() []mode {
	if o.combining {
		return []mode{modeNoFMA, modeFP32, modeExact}
	}
	return []mode{noMode}
}
