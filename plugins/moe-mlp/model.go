package main

import (
	"context"

	"github.com/assay-bench/assay/core/sdk"
	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/kernels"
	"github.com/assay-bench/assay/plugins/internal/decoder"
	"github.com/assay-bench/assay/plugins/internal/moe"
)

// question is what a configuration asks of a whole model.
func (c Config) question() decoder.Question {
	return decoder.Question{Config: c.Config, Spec: c.Spec, Tokens: c.Tokens, Vocab: c.Vocab, Prompt: c.PromptTokens, Fidelity: c.FidelityTokens}
}

func validateModel(cfg Config) []sdk.Diagnostic {
	m, faults := cfg.question().Resolve()
	faults = append(faults, cfg.OfModel()...)
	if len(faults) == 0 && m.Experts != nil && cfg.FusedGateUp {
		faults = m.Experts.Fusable("fused_gate_up")
	}
	if len(faults) == 0 && m.Experts == nil && cfg.Path == checked {
		faults = append(faults, sdk.Diagnostic{
			Path: "path", Code: "no_experts", Summary: "nothing is decided in a model without experts", Detail: "path = \"checked\" decides about MoE blocks; use unfused or resolved",
		})
	}
	return faults
}

// form of a path: what resolved and checked fuse.
func (c Config) form() decoder.Form {
	mode := kernels.Mode(c.Combine)
	if c.Path == unfused {
		return decoder.Form{Form: moe.Form{Combine: mode}}
	}
	return decoder.Form{
		Form: moe.Form{Gating: true, GateUp: c.FusedGateUp, DownCombine: true, Combine: mode},
		QKV:  true, Rope: true, AddNorm: true,
	}
}

func (s *shared) prepareModel(ctx context.Context, req sdk.Request[Config]) (*sdk.Prepared, error) {
	arm := decoder.Arm{Question: req.Config.question(), Form: req.Config.form()}
	if req.Config.Path == checked {
		arm.Resubmit, arm.Change = true, decides
	}
	p, err := decoder.Prepare(ctx, req, arm, &s.models)
	if err != nil {
		return nil, err
	}
	p.Facts["path"], p.Facts["combine"] = req.Config.Path, req.Config.Combine
	return p, nil
}

// decides gives a pass the checked path's decisions.
func decides(set *kernels.Set, p *decoder.Pass, cleanup func(func())) error {
	fallback, err := moe.NewBlock(set, p.Block.Resolved, p.Tokens, moe.Form{Combine: p.Combine})
	if err != nil {
		return err
	}
	cleanup(fallback.Release)
	d := &decider{set: set, fused: p.Block, fallback: fallback}
	p.Experts = func(l *moe.Layer, io moe.IO) ([]metal.Dispatch, error) { return d.forward(l, io) }
	return nil
}
