package main

import (
	"context"

	"github.com/assay-bench/assay/core/sdk"
	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/kernels"
	"github.com/assay-bench/assay/plugins/internal/decoder"
	"github.com/assay-bench/assay/plugins/internal/moe"
)

// configuration is one that is being prepared.
type configuration struct{ *moe.Experts[Config] }

// shared is what the configurations of one process have in common.
type shared struct{ models decoder.Shared }

func (s *shared) prepare(ctx context.Context, req sdk.Request[Config]) (*sdk.Prepared, error) {
	if req.Config.Scope == decoder.Scope {
		return s.prepareModel(ctx, req)
	}
	experts, err := moe.NewExperts(ctx, req, req.Config.problem(), &s.models.Pool, true)
	if err != nil {
		return nil, err
	}
	e := &configuration{experts}
	facts := e.Facts()
	facts["path"] = req.Config.Path
	facts["combine"] = req.Config.Combine
	tokens := map[string]int{"decode": req.Config.Tokens, "prefill": req.Config.PromptTokens}
	return e.Prepared(facts, tokens, e.phase)
}

// phase is one pass over the MoE blocks of all layers per iteration.
func (e *configuration) phase(name string, tokens int) (p sdk.Timed, err error) {
	in, err := e.Inputs(name, len(e.Weights), tokens, true)
	if err != nil {
		return p, err
	}
	out := e.Buffers.Floats(e.DType, tokens*e.Hidden)
	if err := e.Buffers.Err(); err != nil {
		return p, err
	}
	io := func(step int) moe.IO { return moe.IO{X: in.X(step), Logits: in.Logits(step), Out: out} }

	block, pass, err := e.path(tokens, io)
	if err != nil {
		return p, err
	}
	p = sdk.Timed{Units: float64(tokens), Rotation: in.Passes, Outputs: append(block.Outputs(), out)}
	for step := range in.Steps() {
		p.Bytes += block.Bytes(step%len(e.Weights), in.Route(step), true) / int64(in.Passes)
	}
	last := len(e.Weights) - 1 // the scratch holds what the last layer left
	p.Verify = func(_ context.Context, i int) ([]sdk.Check, map[string]float64, error) {
		step := i*len(e.Weights) + last
		checks, err := block.Verify(e.Weights[last], io(step), e.Seed+uint64(i))
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
	d := &decider{set: e.Set, fused: block, fallback: fallback}
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
		for l := range e.Weights {
			s.Add(forward(&e.Weights[l], io(pass*len(e.Weights)+l)))
		}
		return s.Done()
	}
}

func (e *configuration) block(tokens int, form moe.Form) (*moe.Block, error) {
	b, err := moe.NewBlock(e.Set, e.Resolved, tokens, form)
	if err == nil {
		e.Cleanup(b.Release)
	}
	return b, err
}
