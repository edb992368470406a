package main

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"

	"github.com/assay-bench/assay/core/sdk"
	"github.com/assay-bench/assay/plugins/internal/decoder"
	"github.com/assay-bench/assay/plugins/internal/moe"
)

//go:embed README.md
var readme string

// The patches that exist.
const (
	fusedGating      = "fused_gating"
	fusedGateUp      = "fused_gate_up"
	fusedDownCombine = "fused_down_combine"

	// Of a whole model.
	fusedQKV  = "fused_qkv"
	fusedRope = "fused_rope"
	fusedNorm = "fused_norm"
)

func patches(scope string) []string {
	list := []string{fusedGating, fusedGateUp, fusedDownCombine}
	if scope == decoder.Scope {
		list = append(list, fusedQKV, fusedRope, fusedNorm)
	}
	return list
}

// Config is a configuration.
type Config struct {
	moe.Spec
	Vocab          int      `assay:"vocab" help:"tokens whose embedding and head are made; 0: the model's vocabulary" default:"2048" min:"0"`
	Tokens         int      `assay:"tokens" help:"sequences decoded together" default:"1" min:"1" max:"256"`
	PromptTokens   int      `assay:"prompt_tokens" help:"tokens of one prefill iteration" default:"64" min:"1" max:"4096"`
	Patches        []string `assay:"patches" help:"patches switched on: fused_gating, fused_gate_up, fused_down_combine, and of a model fused_qkv, fused_rope, fused_norm" default:"[]"`
	FusedMaxTokens int      `assay:"fused_max_tokens" help:"most tokens for which fused_gate_up is used; 0 switches it off" default:"64" min:"0"`
	Combine        string   `assay:"combine" help:"rounding of the weighted sum over experts" default:"fp32" oneof:"fp32,fp32_no_fma,exact"`
	FidelityTokens int      `assay:"fidelity_tokens" help:"greedy tokens compared with the unpatched stack's" default:"16" min:"0" max:"1000"`
	Margin         float64  `assay:"margin" help:"the search takes a loss of this share of the baseline's speed for a regression" default:"0.02" min:"0" max:"0.5"`
	Planted        []string `assay:"planted" help:"for tests of the method: the stack computes extra rows when all of these patches are on" default:"[]"`
	PlantedShare   float64  `assay:"planted_share" help:"extra rows, as a share of the experts' rows" default:"0.05" min:"0" max:"10"`
	Scope          string   `assay:"scope" help:"stack: MoE layers with norms, routers and residuals; model: a whole decoder, with attention" default:"stack" oneof:"stack,model"`
	decoder.Config
}

func plugin() sdk.Plugin[Config] {
	shared := newShared()
	return sdk.Plugin[Config]{
		Name: "bisect", Version: "0.1.0", Source: "assay/bisect", Doc: readme,
		Phases: []sdk.Phase{
			{Name: "decode", Doc: "one greedy token of `tokens` sequences through the whole stack", Unit: "tok"},
			{Name: "prefill", Doc: "`prompt_tokens` tokens through all layers, without the head", Unit: "tok"},
		},
		Metrics:  decoder.Metrics(),
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
	r, _ := cfg.Resolve()
	return r.Bytes(true)
}

func validate(cfg Config) []sdk.Diagnostic {
	if cfg.Scope == decoder.Scope {
		return append(validateModel(cfg), cfg.unknownPatches()...)
	}
	r, faults := cfg.Resolve()
	if r.Folder != "" {
		faults = append(faults, sdk.Diagnostic{
			Path: "model", Code: "no_checkpoint", Summary: "a stack takes shape presets only",
			Detail: "a stack without attention is not the checkpoint's model: write scope = \"model\", or use one of " + strings.Join(moe.Names(), ", "),
		})
	}
	return append(faults, cfg.unknownPatches()...)
}

func (c Config) unknownPatches() (faults []sdk.Diagnostic) {
	for _, list := range []struct {
		path  string
		names []string
	}{{"patches", c.Patches}, {"planted", c.Planted}} {
		for i, name := range list.names {
			if known := patches(c.Scope); !slices.Contains(known, name) {
				faults = append(faults, sdk.Diagnostic{
					Path: fmt.Sprintf("%s[%d]", list.path, i), Code: "unknown_patch", Summary: "no such patch",
					Detail: fmt.Sprintf("%q is none of %s", name, strings.Join(known, ", ")),
				})
			}
		}
	}
	return faults
}

// on says whether a patch is switched on and used for so many tokens.
func (c Config) on(patch string, tokens int) bool {
	return slices.Contains(c.Patches, patch) && (patch != fusedGateUp || tokens <= c.FusedMaxTokens)
}

// isPlanted: every patch of the planted slowdown is on.
func (c Config) isPlanted(tokens int) bool {
	for _, p := range c.Planted {
		if !c.on(p, tokens) {
			return false
		}
	}
	return len(c.Planted) > 0
}

// unpatched is the same stack without any patch.
func (c Config) unpatched() Config {
	c.Patches = nil
	return c
}
