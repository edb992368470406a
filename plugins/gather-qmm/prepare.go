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
type configuration struct {
	sdk.Request[Config]
	moe.Resolved
	set      *kernels.Set
	layers   []moe.Layer
	buffers  kernels.Buffers
	warnings []sdk.Diagnostic
}

func preparer(pool *kernels.Pool) func(context.Context, sdk.Request[Config]) (*sdk.Prepared, error) {
	return func(ctx context.Context, req sdk.Request[Config]) (*sdk.Prepared, error) {
		e := &configuration{Request: req, buffers: kernels.Buffers{Device: req.Device}}
		lease := pool.Lease(req.Device)
		e.Cleanup(lease.Release)
		e.Cleanup(e.buffers.Release)
		phases, err := e.prepare(ctx, lease)
		if err != nil {
			return nil, err
		}
		facts := e.Facts()
		facts["fused"] = fmt.Sprint(req.Config.Fused)
		facts["replay"] = fmt.Sprint(req.Config.Replay)
		return &sdk.Prepared{Facts: facts, Warnings: e.warnings, Phases: phases}, nil
	}
}

func (e *configuration) prepare(ctx context.Context, lease *kernels.Lease) (phases map[string]sdk.Timed, err error) {
	if e.Resolved, err = e.Config.Need(); err != nil {
		return nil, err
	}
	if e.set, err = kernels.Load(ctx, e.Device); err != nil {
		return nil, err
	}
	e.Progress("weights", 0)
	if e.layers, err = moe.Layers(lease, e.Resolved, e.Seed, e.Config.Down); err != nil {
		return nil, err
	}
	phases = map[string]sdk.Timed{}
	tokens := map[string]int{"decode": e.Config.Tokens, "prefill": e.Config.PromptTokens}
	for i, name := range e.Phases {
		e.Progress(name, float64(i)/float64(len(e.Phases)))
		if phases[name], err = e.phase(name, tokens[name]); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	return phases, nil
}

// phase is gate, up and SwiGLU of one layer per iteration, at given experts.
func (e *configuration) phase(name string, tokens int) (p sdk.Timed, err error) {
	block, err := moe.NewBlock(e.set, e.Resolved, tokens, moe.Form{GateUp: e.Config.Fused})
	if err != nil {
		return p, err
	}
	e.Cleanup(block.Release)
	layers := len(e.layers)
	if !e.Cold {
		layers = 1
	}
	in, err := moe.NewInputs(&e.buffers, e.RNG(name), e.Resolved, layers, tokens, e.Cold)
	if err != nil {
		return p, err
	}
	e.warnings = append(e.warnings, e.NotCold("weights of "+name, in.WeightBytes(e.Config.Down))...)

	ops := func(step int) ([]metal.Dispatch, error) {
		var s kernels.Sequence
		layer := e.layers[step%layers]
		s.Add(block.GateUpOps(layer, in.X(step), in.Experts(step)))
		if e.Config.Down {
			s.Add(block.DownOps(layer, in.Experts(step)))
		}
		return s.Done()
	}
	p = sdk.Timed{Units: float64(tokens), Rotation: in.Steps(), Outputs: block.Outputs()}
	for step := range in.Steps() {
		p.Bytes += block.Bytes(in.Route(step), e.Config.Down) / int64(in.Steps())
	}
	p.Verify = func(_ context.Context, step int) ([]sdk.Check, map[string]float64, error) {
		layer, experts, seed := e.layers[step%layers], in.Route(step).Flat(), e.Seed+uint64(step)
		c, err := block.VerifyGateUp(layer, in.X(step), experts, seed)
		var metrics map[string]float64
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
