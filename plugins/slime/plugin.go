package main

import (
	_ "embed"
	"fmt"

	"github.com/assay-bench/assay/core/sdk"
	"github.com/assay-bench/assay/metal/kernels"
	"github.com/assay-bench/assay/metal/quant"
	"github.com/assay-bench/assay/plugins/internal/moe"
)

//go:embed README.md
var readme string

// The two ways to compute gate, up and SwiGLU.
const (
	separate    = "separate"
	progressive = "progressive"
)

// Config is a configuration.
type Config struct {
	Model       string  `assay:"model" help:"shape preset that K and N come from (qwen3-30b-a3b, lfm2-8b-a1b, glm-4.7-flash or tiny), or the folder of an MLX checkpoint, whose first layer's experts are used" default:"qwen3-30b-a3b"`
	K           int     `assay:"k" help:"inputs of a projection; 0: the model's hidden size" default:"0" min:"0"`
	N           int     `assay:"n" help:"outputs of a projection; 0: the width of one expert's FFN" default:"0" min:"0"`
	Bits        *int    `assay:"bits" help:"bits of a quantized weight; left out: the checkpoint's, else 4" oneof:"4,8"`
	GroupSize   *int    `assay:"group_size" help:"weights that share one scale and bias; left out: the checkpoint's, else 64" oneof:"32,64,128"`
	DType       *string `assay:"dtype" help:"type of activations, scales and biases; left out: the checkpoint's, else bfloat16" oneof:"float32,float16,bfloat16"`
	Tokens      int     `assay:"tokens" help:"rows of x" default:"1" min:"1" max:"256"`
	Method      string  `assay:"method" help:"separate: two quantized_matmul and a swiglu; progressive: one progressive_swiglu" default:"progressive" oneof:"separate,progressive"`
	Epsilon     float64 `assay:"epsilon" help:"largest bound on the error that is left unrefined; 0 refines everything" default:"0" min:"0"`
	Never       bool    `assay:"never" help:"never refine, whatever epsilon says" default:"false"`
	Threadgroup int     `assay:"threadgroup" help:"threads that share one output element, a power of two; 0: one thread each" default:"0" min:"0" max:"1024"`
	MaxError    float64 `assay:"max_error" help:"relative error that the knee may have" default:"0.02" min:"0"`
	Refine      int     `assay:"refine" help:"most epsilons that the search for the knee may add to the sweep" default:"0" min:"0" max:"8"`
}

// spec is the model in the terms of package moe.
func (c Config) spec() moe.Spec {
	return moe.Spec{Model: c.Model, Bits: c.Bits, GroupSize: c.GroupSize, DType: c.DType, Layers: 1}
}

// mostExperts is what a cold rotation goes through at most.
const mostExperts = 128

// shape of the two projections, W[N,K], and their format.
type shape struct {
	moe.Resolved
	n, k int
}

// resolve fills in the model's shape and checks what the schema cannot.
func (c Config) resolve() (shape, []sdk.Diagnostic) {
	r, faults := c.spec().Resolve()
	s := shape{Resolved: r, n: c.N, k: c.K}
	if s.n == 0 {
		s.n = r.Inter
	}
	if s.k == 0 {
		s.k = r.Hidden
	}
	if t := c.Threadgroup; t&(t-1) != 0 {
		faults = append(faults, sdk.Diagnostic{Path: "threadgroup", Code: "bad_threadgroup", Summary: "not a power of two", Detail: fmt.Sprintf("got %d; use 0, 1, 2, 4, … 1024", t)})
	}
	if len(faults) > 0 {
		return s, faults
	}
	if r.Folder != "" {
		faults = append(faults, r.Fusable("model")...)
		if r.Mode != quant.Affine || r.Bits != 4 && r.Bits != 8 {
			faults = append(faults, sdk.Diagnostic{
				Path: "model", Code: "bad_format", Summary: "low bits are added to affine codes of 4 or 8 bits only",
				Detail: fmt.Sprintf("the experts of %s are stored as %s", r.Name, r.Format),
			})
		}
	}
	if r.Folder != "" && (s.n != r.Inter || s.k != r.Hidden) {
		faults = append(faults, sdk.Diagnostic{Path: "model", Code: "bad_shape", Summary: "the checkpoint has a shape of its own", Detail: "leave k and n out"})
	} else if err := r.Check(s.k); err != nil {
		faults = append(faults, sdk.Diagnostic{Path: "k", Code: "bad_k", Summary: "weights cannot be quantized so", Detail: err.Error()})
	}
	return s, faults
}

// epsilon as the kernel takes it: negative never refines.
func (c Config) epsilon() float32 {
	if c.Never {
		return -1
	}
	return float32(c.Epsilon)
}

// epsilonText for people and facts.
func (c Config) epsilonText() string {
	switch {
	case c.Method == separate:
		return "none"
	case c.Never:
		return "never"
	}
	return fmt.Sprintf("%g", c.Epsilon)
}

func plugin() sdk.Plugin[Config] {
	pool := &kernels.Pool{}
	return sdk.Plugin[Config]{
		Name: "slime", Version: "0.1.0", Source: "assay/slime", Doc: readme,
		Phases: []sdk.Phase{{Name: "decode", Doc: "gate, up and SwiGLU of one expert for `tokens` tokens", Unit: "tok"}},
		Metrics: []sdk.Metric{
			{Name: "rel_err", Doc: "mean|y−ref| / mean|ref| against exact weights", Better: sdk.BetterLower},
			{Name: "refine_rate", Doc: "share of output elements whose low bits were added", Better: sdk.BetterLower},
		},
		Validate: func(cfg Config) []sdk.Diagnostic { _, faults := cfg.resolve(); return faults },
		Bytes: func(cfg Config) int64 {
			s, _ := cfg.resolve()
			return int64(2 * s.n * s.RowBytes(s.k) * mostExperts)
		},
		Prepare: preparer(pool),
		Propose: propose,
	}
}
