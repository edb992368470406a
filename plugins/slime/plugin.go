package main

import (
	_ "embed"
	"fmt"

	"github.com/assay-bench/assay/core/sdk"
	"github.com/assay-bench/assay/metal/dtype"
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

// Config of one case.
type Config struct {
	Model       string  `assay:"model" help:"shape preset that K and N come from: qwen3-30b-a3b, lfm2-8b-a1b, glm-4.7-flash or tiny" default:"qwen3-30b-a3b"`
	K           int     `assay:"k" help:"inputs of a projection; 0: the model's hidden size" default:"0" min:"0"`
	N           int     `assay:"n" help:"outputs of a projection; 0: the width of one expert's FFN" default:"0" min:"0"`
	Bits        int     `assay:"bits" help:"bits of a quantized weight" default:"4" oneof:"4,8"`
	GroupSize   int     `assay:"group_size" help:"weights that share one scale and bias" default:"64" oneof:"32,64,128"`
	DType       string  `assay:"dtype" help:"type of activations, scales and biases" default:"bfloat16" oneof:"float32,float16,bfloat16"`
	Tokens      int     `assay:"tokens" help:"rows of x" default:"1" min:"1" max:"256"`
	Method      string  `assay:"method" help:"separate: two quantized_matmul and a swiglu; progressive: one progressive_swiglu" default:"progressive" oneof:"separate,progressive"`
	Epsilon     float64 `assay:"epsilon" help:"largest bound on the error that is left unrefined; 0 refines everything" default:"0" min:"0"`
	Never       bool    `assay:"never" help:"never refine, whatever epsilon says" default:"false"`
	Threadgroup int     `assay:"threadgroup" help:"threads that share one output element, a power of two; 0: one thread each" default:"0" min:"0" max:"1024"`
	MaxError    float64 `assay:"max_error" help:"relative error that the knee may have" default:"0.02" min:"0"`
	Refine      int     `assay:"refine" help:"most epsilons that the search for the knee may add to the sweep" default:"0" min:"0" max:"8"`
}

// resolve fills in the model's shape and checks what the schema cannot.
func (c Config) resolve() (f quant.Format, n, k int, faults []sdk.Diagnostic) {
	m, ok := moe.Lookup(c.Model)
	if !ok {
		faults = append(faults, sdk.Diagnostic{Path: "model", Code: "bad_model", Summary: "unknown model", Detail: fmt.Sprintf("%q is none of %v", c.Model, moe.Names())})
	}
	dt, err := dtype.Parse(c.DType)
	if err != nil {
		faults = append(faults, sdk.Diagnostic{Path: "dtype", Code: "bad_dtype", Summary: "unknown activation type", Detail: err.Error()})
	}
	f = quant.Format{Bits: c.Bits, Group: c.GroupSize, DType: dt}
	n, k = c.N, c.K
	if n == 0 {
		n = m.Inter
	}
	if k == 0 {
		k = m.Hidden
	}
	if len(faults) > 0 {
		return f, n, k, faults
	}
	if err := f.Check(k); err != nil {
		faults = append(faults, sdk.Diagnostic{Path: "k", Code: "bad_k", Summary: "weights cannot be quantized so", Detail: err.Error()})
	}
	if t := c.Threadgroup; t&(t-1) != 0 {
		faults = append(faults, sdk.Diagnostic{Path: "threadgroup", Code: "bad_threadgroup", Summary: "not a power of two", Detail: fmt.Sprintf("got %d; use 0, 1, 2, 4, … 1024", t)})
	}
	return f, n, k, faults
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
	pool := &moe.Pool{}
	return sdk.Plugin[Config]{
		Name: "slime", Version: "0.1.0", Doc: readme,
		Phases: []sdk.Phase{{Name: "decode", Doc: "gate, up and SwiGLU of one expert for `tokens` tokens", Unit: "tok"}},
		Metrics: []sdk.Metric{
			{Name: "rel_err", Doc: "mean|y−ref| / mean|ref| against exact weights", Better: sdk.BetterLower},
			{Name: "refine_rate", Doc: "share of output elements whose low bits were added", Better: sdk.BetterLower},
		},
		Validate: func(cfg Config) []sdk.Diagnostic { _, _, _, faults := cfg.resolve(); return faults },
		Bytes: func(cfg Config) int64 {
			f, n, k, _ := cfg.resolve()
			return int64(2 * n * f.RowBytes(k) * mostCopies)
		},
		Prepare: preparer(pool),
		Propose: propose,
	}
}
