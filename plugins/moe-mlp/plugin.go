package main

import (
	_ "embed"

	"github.com/assay-bench/assay/core/sdk"
	"github.com/assay-bench/assay/plugins/internal/decoder"
	"github.com/assay-bench/assay/plugins/internal/moe"
)

//go:embed README.md
var readme string

// The three paths.
const (
	unfused  = "unfused"
	checked  = "checked"
	resolved = "resolved"
)

// Config is a configuration.
type Config struct {
	moe.Spec
	moe.Routing
	Tokens       int    `assay:"tokens" help:"tokens of one decode iteration, one per sequence" default:"1" min:"1" max:"256"`
	PromptTokens int    `assay:"prompt_tokens" help:"tokens of one prefill iteration" default:"64" min:"1" max:"4096"`
	Path         string `assay:"path" help:"unfused: separate dispatches; checked: fused, every decision taken again at each call; resolved: fused, every decision taken once" default:"unfused" oneof:"unfused,checked,resolved"`
	FusedGateUp  bool   `assay:"fused_gate_up" help:"let checked and resolved also fuse gate, up and SwiGLU; false: only gating, down projection and combine" default:"false"`
	Combine      string `assay:"combine" help:"rounding of the weighted sum over experts" default:"fp32" oneof:"fp32,fp32_no_fma,exact"`

	Scope          string `assay:"scope" help:"blocks: the MoE blocks of all layers; model: a whole decoder of so many layers, with embedding, attention, head and greedy choice, for which there are also the shapes qwen3-1.7b, llama-3-8b and tiny-llama" default:"blocks" oneof:"blocks,model"`
	Vocab          int    `assay:"vocab" help:"of a model: tokens whose embedding and head are made; 0: all that it has" default:"0" min:"0"`
	FidelityTokens int    `assay:"fidelity_tokens" help:"of a model: greedy tokens that are compared with those of the unfused one; 0: none" default:"16" min:"0" max:"4096"`
	decoder.Config
}

func (c Config) problem() moe.Problem {
	return moe.Problem{Spec: c.Spec, Routing: c.Routing, Tokens: []int{c.Tokens, c.PromptTokens}}
}

func validate(cfg Config) []sdk.Diagnostic {
	if cfg.Scope == decoder.Scope {
		return validateModel(cfg)
	}
	r, _, faults := cfg.problem().Resolve()
	if len(faults) == 0 && cfg.FusedGateUp {
		faults = r.Fusable("fused_gate_up")
	}
	return faults
}

func plugin() sdk.Plugin[Config] {
	shared := &shared{}
	return sdk.Plugin[Config]{
		Name: "moe-mlp", Version: "0.1.0", Source: "assay/moe-mlp", Doc: readme,
		Phases: []sdk.Phase{
			{Name: "decode", Doc: "the MoE blocks of all layers for `tokens` tokens, or one token of a model", Unit: "tok"},
			{Name: "prefill", Doc: "the MoE blocks of all layers, or a model, for `prompt_tokens` tokens", Unit: "tok"},
		},
		Metrics:  append(decoder.Metrics(), moe.RoutingMetrics("decode", "prefill")...),
		Validate: validate,
		Bytes:    bytes,
		Prepare:  shared.prepare,
		Propose:  propose,
	}
}

func bytes(cfg Config) int64 {
	if cfg.Scope == decoder.Scope {
		return cfg.question().Bytes()
	}
	r, _ := cfg.Spec.Resolve()
	return r.Bytes(true)
}
