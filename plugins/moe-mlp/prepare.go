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
		facts["path"] = req.Config.Path
		facts["combine"] = req.Config.Combine
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
	if e.layers, err = moe.Layers(lease, e.Resolved, e.Seed, true); err != nil {
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

// phase is one pass over the MoE blocks of all layers per iteration.
func (e *configuration) phase(name string, tokens int) (p sdk.Timed, err error) {
	in, err := moe.NewInputs(&e.buffers, e.RNG(name), e.Resolved, len(e.layers), tokens, e.Cold)
	if err != nil {
		return p, err
	}
	e.warnings = append(e.warnings, e.NotCold("weights of "+name, in.WeightBytes(true))...)
	out := e.buffers.Floats(e.DType, tokens*e.Hidden)
	if err := e.buffers.Err(); err != nil {
		return p, err
	}
	io := func(step int) moe.IO { return moe.IO{X: in.X(step), Logits: in.Logits(step), Out: out} }

	block, pass, err := e.path(tokens, io)
	if err != nil {
		return p, err
	}
	p = sdk.Timed{Units: float64(tokens), Rotation: in.Passes, Outputs: append(block.Outputs(), out)}
	for step := range in.Steps() {
		p.Bytes += block.Bytes(in.Route(step), true) / int64(in.Passes)
	}
	last := len(e.layers) - 1 // the scratch holds what the last layer left
	p.Verify = func(_ context.Context, i int) ([]sdk.Check, map[string]float64, error) {
		step := i*len(e.layers) + last
		checks, err := block.Verify(e.layers[last], io(step), e.Seed+uint64(i))
		return checks, nil, err
	}
	if e.Config.Path == checked {
		p.Program = kernels.Resubmit(e.Device, in.Passes, pass)
	} else {
		p.Program, err = kernels.Replay(e.Device, in.Passes, pass)
	}
	return p, err
}

// path gives the dispatches of one pass the way the configuration asks for.
func (e *configuration) path(tokens int, io func(step int) moe.IO) (*moe.Block, kernels.Ops, error) {
	mode := kernels.Mode(e.Config.Combine)
	separate := moe.Form{Combine: mode}
	fused := moe.Form{Gating: true, GateUp: e.Config.FusedGateUp, DownCombine: true, Combine: mode}
	if e.Config.Path == unfused {
		fused = separate
	}
	block, err := e.block(tokens, fused)
	if err != nil {
		return nil, nil, err
	}
	if e.Config.Path != checked {
		return block, e.straight(block, io), nil
	}
	fallback, err := e.block(tokens, separate)
	if err != nil {
		return nil, nil, err
	}
	d := &decider{set: e.set, fused: block, fallback: fallback}
	return block, e.eachLayer(io, func(l *moe.Layer, io moe.IO) ([]metal.Dispatch, error) { return d.forward(l, io) }), nil
}

// straight builds a form without asking anything; recorded, it is the hot path
// of unfused and resolved.
func (e *configuration) straight(b *moe.Block, io func(int) moe.IO) kernels.Ops {
	return e.eachLayer(io, func(l *moe.Layer, io moe.IO) ([]metal.Dispatch, error) { return b.Dispatches(*l, io) })
}

func (e *configuration) eachLayer(io func(int) moe.IO, forward func(l *moe.Layer, io moe.IO) ([]metal.Dispatch, error)) kernels.Ops {
	return func(pass int) ([]metal.Dispatch, error) {
		var s kernels.Sequence
		for l := range e.layers {
			s.Add(forward(&e.layers[l], io(pass*len(e.layers)+l)))
		}
		return s.Done()
	}
}

func (e *configuration) block(tokens int, form moe.Form) (*moe.Block, error) {
	b, err := moe.NewBlock(e.set, e.Resolved, tokens, form)
	if err == nil {
		e.Cleanup(b.Release)
	}
	return b, err
}
