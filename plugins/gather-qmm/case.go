package main

import (
	"context"
	"fmt"

	"github.com/assay-bench/assay/core/sdk"
	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/kernels"
	"github.com/assay-bench/assay/plugins/internal/moe"
	"github.com/assay-bench/assay/plugins/internal/rotation"
)

// experiment is one configuration being prepared.
type experiment struct {
	sdk.Request[Config]
	moe.Resolved
	set      *kernels.Set
	layers   []moe.Layer
	buffers  moe.Buffers
	cleanup  []func()
	warnings []sdk.Diagnostic
}

func preparer(pool *moe.Pool) func(context.Context, sdk.Request[Config]) (sdk.Case, error) {
	return func(ctx context.Context, req sdk.Request[Config]) (sdk.Case, error) {
		e := &experiment{Request: req, buffers: moe.Buffers{Device: req.Device}}
		phases, err := e.prepare(ctx, pool.Lease(req.Device))
		if err != nil {
			e.release()
			return nil, err
		}
		facts := e.Facts()
		facts["fused"] = fmt.Sprint(req.Config.Fused)
		facts["replay"] = fmt.Sprint(req.Config.Replay)
		return rotation.New(ctx, sdk.Prepared{Facts: facts, Warnings: e.warnings}, e.release, phases...)
	}
}

func (e *experiment) prepare(ctx context.Context, lease *moe.Lease) (phases []*rotation.Phase, err error) {
	e.cleanup = append(e.cleanup, lease.Release, e.buffers.Release)
	if e.Resolved, err = e.Config.Need(); err != nil {
		return nil, err
	}
	if e.set, err = kernels.Load(ctx, e.Device); err != nil {
		return nil, err
	}
	e.Progress("weights", 0)
	if e.layers, err = lease.Layers(e.Resolved, e.Seed, e.Config.Down); err != nil {
		return nil, err
	}
	tokens := map[string]int{"decode": e.Config.Tokens, "prefill": e.Config.PromptTokens}
	for i, name := range e.Phases {
		e.Progress(name, float64(i)/float64(len(e.Phases)))
		p, err := e.phase(name, tokens[name])
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		phases = append(phases, p)
	}
	return phases, nil
}

// phase is gate, up and SwiGLU of one layer per iteration, at given experts.
func (e *experiment) phase(name string, tokens int) (*rotation.Phase, error) {
	block, err := moe.NewBlock(e.set, e.Resolved, tokens, moe.Form{GateUp: e.Config.Fused})
	if err != nil {
		return nil, err
	}
	e.cleanup = append(e.cleanup, block.Release)
	layers := len(e.layers)
	if !e.Cold {
		layers = 1
	}
	in, err := moe.NewInputs(&e.buffers, moe.RNG(e.Seed, name), e.Resolved, layers, tokens, e.Cold)
	if err != nil {
		return nil, err
	}
	e.warnings = append(e.warnings, in.Warnings(name, e.Cold, e.Config.Down, e.Device.Info())...)

	ops := func(step int) ([]metal.Dispatch, error) {
		var s moe.Sequence
		layer := e.layers[step%layers]
		s.Add(block.GateUpOps(layer, in.X(step), in.Experts(step)))
		if e.Config.Down {
			s.Add(block.DownOps(layer, in.Experts(step)))
		}
		return s.Done()
	}
	p := &rotation.Phase{
		Name: name, Iterations: in.Steps(), Outputs: block.Outputs(),
		PhaseFacts: sdk.PhaseFacts{Units: float64(tokens)},
	}
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
		p.Runner, err = rotation.Replay(e.Device, in.Steps(), ops)
	} else {
		p.Runner = rotation.Resubmit(e.Device, in.Steps(), ops)
	}
	return p, err
}

func (e *experiment) release() {
	for _, f := range e.cleanup {
		f()
	}
}
