package main

import (
	_ "embed"

	"github.com/assay-bench/assay/core/sdk"
	"github.com/assay-bench/assay/metal/kernels"
	"github.com/assay-bench/assay/plugins/internal/moe"
)

//go:embed README.md
var readme string

// Config is a configuration.
type Config struct {
	moe.Spec
	moe.Routing
	Tokens       int  `assay:"tokens" help:"tokens of one decode iteration, one per sequence" default:"1" min:"1" max:"256"`
	PromptTokens int  `assay:"prompt_tokens" help:"tokens of one prefill iteration" default:"64" min:"1" max:"4096"`
	Fused        bool `assay:"fused" help:"gate, up and SwiGLU in one gather_qmm_swiglu; false: two gather_qmm and a swiglu" default:"false"`
	Replay       bool `assay:"replay" help:"record the dispatches once and replay them; false: build and submit them at every call" default:"true"`
	Down         bool `assay:"down" help:"also run the down projection, the same on both paths" default:"false"`
}

func plugin() sdk.Plugin[Config] {
	pool := &kernels.Pool{}
	return sdk.Plugin[Config]{
		Name: "gather-qmm", Version: "0.1.0", Source: "assay/gather-qmm", Doc: readme,
		Phases: []sdk.Phase{
			{Name: "decode", Doc: "the experts of `tokens` tokens, one layer", Unit: "tok"},
			{Name: "prefill", Doc: "the experts of `prompt_tokens` tokens, one layer", Unit: "tok"},
		},
		Metrics:  append(moe.RoutingMetrics("decode", "prefill"), sdk.Metric{Name: "rel_err", Doc: "largest error of the checked outputs of gate and up in the first iteration of decode against float64, relative to the largest of them", Better: sdk.BetterLower}),
		Validate: validate,
		Bytes:    func(cfg Config) int64 { r, _ := cfg.Spec.Resolve(); return r.Bytes(cfg.Down) },
		Prepare:  preparer(pool),
		Propose:  propose,
	}
}

func (c Config) problem() moe.Problem {
	return moe.Problem{Spec: c.Spec, Routing: c.Routing, Tokens: []int{c.Tokens, c.PromptTokens}}
}

func validate(cfg Config) []sdk.Diagnostic {
	r, _, faults := cfg.problem().Resolve()
	if len(faults) == 0 && cfg.Fused {
		faults = append(faults, r.Fusable("fused")...)
	}
	if len(faults) == 0 && cfg.Fused && (r.Inter%8 != 0 || r.Hidden%512 != 0) {
		faults = append(faults, sdk.Diagnostic{
			Path: "fused", Code: "fused_shape", Summary: "no fused kernel for this shape",
			Detail: "gather_qmm_swiglu needs an FFN width divisible by 8 and a hidden size divisible by 512",
		})
	}
	return faults
}
