package main

import (
	"context"
	"strings"

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
	if len(faults) == 0 && m.Experts != nil && cfg.on(fusedGateUp, 1) {
		faults = m.Experts.Fusable("patches")
	}
	if len(faults) == 0 && m.Experts == nil && len(cfg.Planted) > 0 {
		faults = append(faults, sdk.Diagnostic{
			Path: "planted", Code: "no_experts", Summary: "nothing can be planted in a model without experts", Detail: "the extra rows are those of experts: leave planted out",
		})
	}
	return faults
}

// form is what the patches fuse.
func (c Config) form() decoder.Form {
	return decoder.Form{
		Form: moe.Form{
			Gating: c.on(fusedGating, 1), GateUp: c.on(fusedGateUp, 1), DownCombine: c.on(fusedDownCombine, 1), Combine: kernels.Mode(c.Combine),
		},
		QKV: c.on(fusedQKV, 1), Rope: c.on(fusedRope, 1), AddNorm: c.on(fusedNorm, 1), GateUpMost: c.FusedMaxTokens,
	}
}

func (s *shared) prepareModel(ctx context.Context, req sdk.Request[Config]) (*sdk.Prepared, error) {
	cfg := req.Config
	arm := decoder.Arm{Question: cfg.question(), Form: cfg.form()}
	if len(cfg.Planted) > 0 {
		arm.Change = cfg.plant
	}
	p, err := decoder.Prepare(ctx, req, arm, &s.models)
	if err != nil {
		return nil, err
	}
	p.Facts["patches"], p.Facts["combine"] = strings.Join(cfg.Patches, ","), cfg.Combine
	return p, nil
}

// plant lets each block compute rows that nobody uses, of the layer's own experts.
func (c Config) plant(set *kernels.Set, p *decoder.Pass, cleanup func(func())) error {
	rows := c.plantedRows(p.Block.Resolved)
	if rows == 0 || !c.isPlanted(p.Tokens) {
		return nil
	}
	buffers := &kernels.Buffers{Device: set.Device()}
	cleanup(buffers.Release)
	extra := buffers.Floats(p.DType, p.Tokens*rows)
	block := p.Experts
	p.Experts = func(l *moe.Layer, io moe.IO) ([]metal.Dispatch, error) {
		var s kernels.Sequence
		s.Add(block(l, io))
		s.Add(set.QuantizedMatmul(kernels.QuantizedMatmul{X: io.X, Y: extra, W: l.Gate.Rows(0, rows), M: p.Tokens}))
		return s.Done()
	}
	return buffers.Err()
}

// plantedRows of a block.
func (c Config) plantedRows(r moe.Resolved) int {
	return min(int(c.PlantedShare*float64(3*r.TopK*r.Inter)+0.5), r.Experts*r.Inter)
}
