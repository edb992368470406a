package main

import (
	"context"
	"fmt"

	"github.com/assay-bench/assay/core/sdk"
	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/kernels"
	"github.com/assay-bench/assay/plugins/internal/moe"
)

// configuration is one that is being prepared.
type configuration struct{ *moe.Experts[Config] }

func preparer(pool *kernels.Pool) func(context.Context, sdk.Request[Config]) (*sdk.Prepared, error) {
	return func(ctx context.Context, req sdk.Request[Config]) (*sdk.Prepared, error) {
		experts, err := moe.NewExperts(ctx, req, req.Config.problem(), pool, req.Config.Down)
		if err != nil {
			return nil, err
		}
		e := &configuration{experts}
		facts := e.Facts()
		facts["fused"] = fmt.Sprint(req.Config.Fused)
		facts["replay"] = fmt.Sprint(req.Config.Replay)
		tokens := map[string]int{"decode": req.Config.Tokens, "prefill": req.Config.PromptTokens}
		return e.Prepared(facts, tokens, e.phase)
	}
}

// phase is gate, up and SwiGLU of one layer per iteration, at given experts.
func (e *configuration) phase(name string, tokens int) (p sdk.Timed, err error) {
	block, err := moe.NewBlock(e.Set, e.Resolved, tokens, moe.Form{GateUp: e.Config.Fused})
	if err != nil {
		return p, err
	}
	e.Cleanup(block.Release)
	layers := len(e.Weights)
	if !e.Cold {
		layers = 1
	}
	in, err := e.Inputs(name, layers, tokens, e.Config.Down)
	if err != nil {
		return p, err
	}

	ops := func(step int) ([]metal.Dispatch, error) {
		var s kernels.Sequence
		layer := e.Weights[step%layers]
		s.Add(block.GateUpOps(layer, in.X(step), in.Experts(step)))
		if e.Config.Down {
			s.Add(block.DownOps(layer, in.Experts(step)))
		}
		return s.Done()
	}
	p = sdk.Timed{Units: float64(tokens), Rotation: in.Steps(), Outputs: block.Outputs()}
	for step := range in.Steps() {
		p.Bytes += block.Bytes(step%layers, in.Route(step), e.Config.Down) / int64(in.Steps())
	}
	p.Verify = func(_ context.Context, step int) ([]sdk.Check, map[string]float64, error) {
		layer, experts, seed := e.Weights[step%layers], in.Route(step).Flat(), e.Seed+uint64(step)
		c, err := block.VerifyGateUp(layer, in.X(step), experts, seed)
		var metrics map[string]float64
		if err == nil && step == 0 && e.Numbers[name].Values == nil {
			e.Numbers[name], err = block.Numbers(e.Config.Down, e.Seed)
		}
		if name == "decode" && step == 0 { // the inputs that every variant begins with
			metrics = map[string]float64{"rel_err": c.Value}
		}
		if err != nil || !e.Config.Down {
			return []sdk.Check{c}, metrics, err
		}
		d, err := block.VerifyDown(layer, experts, seed)
		return []sdk.Check{c, d}, metrics, err
	}
	if e.Config.Replay {
		p.Program, err = kernels.Replay(e.Device, in.Steps(), ops)
	} else {
		p.Program = kernels.Resubmit(e.Device, in.Steps(), ops)
	}
	return p, err
}
