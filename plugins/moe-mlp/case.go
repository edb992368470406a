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
		facts["path"] = req.Config.Path
		facts["combine"] = req.Config.Combine
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
	if e.layers, err = lease.Layers(e.Resolved, e.Seed, true); err != nil {
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

// phase is one pass over the MoE blocks of all layers per iteration.
func (e *experiment) phase(name string, tokens int) (*rotation.Phase, error) {
	in, err := moe.NewInputs(&e.buffers, moe.RNG(e.Seed, name), e.Resolved, len(e.layers), tokens, e.Cold)
	if err != nil {
		return nil, err
	}
	e.warnings = append(e.warnings, in.Warnings(name, e.Cold, true, e.Device.Info())...)
	out := e.buffers.Floats(e.DType, tokens*e.Hidden)
	if err := e.buffers.Err(); err != nil {
		return nil, err
	}
	io := func(step int) moe.IO { return moe.IO{X: in.X(step), Logits: in.Logits(step), Out: out} }

	block, pass, err := e.path(tokens, io)
	if err != nil {
		return nil, err
	}
	p := &rotation.Phase{
		Name: name, Iterations: in.Passes, Outputs: append(block.Outputs(), out),
		PhaseFacts: sdk.PhaseFacts{Units: float64(tokens)},
	}
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
		p.Runner = rotation.Resubmit(e.Device, in.Passes, pass)
	} else {
		p.Runner, err = rotation.Replay(e.Device, in.Passes, pass)
	}
	return p, err
}

// path gives the dispatches of one pass the way the configuration asks for.
func (e *experiment) path(tokens int, io func(step int) moe.IO) (*moe.Block, rotation.Ops, error) {
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
func (e *experiment) straight(b *moe.Block, io func(int) moe.IO) rotation.Ops {
	return e.eachLayer(io, func(l *moe.Layer, io moe.IO) ([]metal.Dispatch, error) { return b.Dispatches(*l, io) })
}

func (e *experiment) eachLayer(io func(int) moe.IO, forward func(l *moe.Layer, io moe.IO) ([]metal.Dispatch, error)) rotation.Ops {
	return func(pass int) ([]metal.Dispatch, error) {
		var s moe.Sequence
		for l := range e.layers {
			s.Add(forward(&e.layers[l], io(pass*len(e.layers)+l)))
		}
		return s.Done()
	}
}

func (e *experiment) block(tokens int, form moe.Form) (*moe.Block, error) {
	b, err := moe.NewBlock(e.set, e.Resolved, tokens, form)
	if err == nil {
		e.cleanup = append(e.cleanup, b.Release)
	}
	return b, err
}

func (e *experiment) release() {
	for _, f := range e.cleanup {
		f()
	}
}
