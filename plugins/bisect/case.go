package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/assay-bench/assay/core/sdk"
	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/kernels"
	"github.com/assay-bench/assay/plugins/internal/moe"
	"github.com/assay-bench/assay/plugins/internal/rotation"
)

// shared is what the cases of one process have in common: weights, and the
// unpatched stack's tokens that all of them are compared with.
type shared struct {
	pool   moe.Pool
	greedy map[string][]uint32
}

func newShared() *shared { return &shared{greedy: map[string][]uint32{}} }

// experiment is one configuration being prepared.
type experiment struct {
	sdk.Request[Config]
	*model
	shared  *shared
	buffers moe.Buffers
	cleanup []func()
}

func (s *shared) prepare(ctx context.Context, req sdk.Request[Config]) (sdk.Case, error) {
	e := &experiment{Request: req, shared: s, buffers: moe.Buffers{Device: req.Device}}
	phases, err := e.prepare(ctx, s.pool.Lease(req.Device))
	if err != nil {
		e.release()
		return nil, err
	}
	prepared := sdk.Prepared{Facts: e.facts(), Warnings: e.warnings()}
	return rotation.New(ctx, prepared, e.release, phases...)
}

func (e *experiment) prepare(ctx context.Context, lease *moe.Lease) ([]*rotation.Phase, error) {
	e.cleanup = append(e.cleanup, lease.Release, e.buffers.Release)
	r, err := e.Config.Need()
	if err != nil {
		return nil, err
	}
	set, err := kernels.Load(ctx, e.Device)
	if err != nil {
		return nil, err
	}
	e.Progress("weights", 0)
	if e.model, err = newModel(e.Request, r, set, lease, &e.buffers); err != nil {
		return nil, err
	}
	build := map[string]func(context.Context) (*rotation.Phase, error){"decode": e.decode, "prefill": e.prefill}
	var phases []*rotation.Phase
	for i, name := range e.Phases {
		e.Progress(name, float64(i)/float64(len(e.Phases)))
		p, err := build[name](ctx)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		phases = append(phases, p)
	}
	return phases, nil
}

// decode is one greedy token per iteration, at the next position each time.
func (e *experiment) decode(ctx context.Context) (*rotation.Phase, error) {
	s, err := e.stack(e.Config, e.Config.Tokens)
	if err != nil {
		return nil, err
	}
	baseline, err := e.baselineTokens(ctx)
	if err != nil {
		return nil, err
	}
	runner, err := rotation.Replay(e.Device, positions, s.decode)
	if err != nil {
		return nil, err
	}
	return &rotation.Phase{
		Name: "decode", Iterations: positions, Runner: runner,
		PhaseFacts: sdk.PhaseFacts{Units: float64(e.Config.Tokens), Bytes: e.bytes(e.Config.Tokens, true)},
		Outputs:    append(s.block.Outputs(), s.out, s.h, s.logits),
		Verify: func(ctx context.Context, i int) ([]sdk.Check, map[string]float64, error) {
			checks, err := s.verify(e.Seed + uint64(i))
			if err != nil || len(baseline) == 0 {
				return checks, nil, err
			}
			tokens, err := generate(ctx, s, e.Config.FidelityTokens, e.Seed)
			return append(checks, fidelity(tokens, baseline)), nil, err
		},
	}, nil
}

// prefill is one prompt per iteration, two different ones in turn.
func (e *experiment) prefill(context.Context) (*rotation.Phase, error) {
	const prompts = 2
	n := e.Config.PromptTokens
	s, err := e.stack(e.Config, n)
	if err != nil {
		return nil, err
	}
	rng := moe.RNG(e.Seed, "prompt")
	ids := make([]uint32, prompts*n)
	for i := range ids {
		ids[i] = rng.Uint32N(uint32(e.vocab))
	}
	prompt := e.buffers.Indices(ids)
	if err := e.buffers.Err(); err != nil {
		return nil, err
	}
	runner, err := rotation.Replay(e.Device, prompts, func(i int) ([]metal.Dispatch, error) {
		return s.prefill(moe.Slice(prompt, i, n, 4), i*n)
	})
	if err != nil {
		return nil, err
	}
	return &rotation.Phase{
		Name: "prefill", Iterations: prompts, Runner: runner,
		PhaseFacts: sdk.PhaseFacts{Units: float64(n), Bytes: e.bytes(n, false)},
		Outputs:    append(s.block.Outputs(), s.out, s.h),
		Verify: func(_ context.Context, i int) ([]sdk.Check, map[string]float64, error) {
			checks, err := s.verifyBlock(e.Seed + uint64(i))
			return checks, nil, err
		},
	}, nil
}

func (e *experiment) stack(cfg Config, tokens int) (*stack, error) {
	s, err := newStack(e.model, cfg, tokens)
	if err == nil {
		e.cleanup = append(e.cleanup, s.release)
	}
	return s, err
}

func (e *experiment) facts() map[string]string {
	facts := e.Facts()
	facts["patches"] = strings.Join(e.Config.Patches, ",")
	facts["fused_max_tokens"] = fmt.Sprint(e.Config.FusedMaxTokens)
	facts["combine"] = e.Config.Combine
	facts["vocab"] = fmt.Sprintf("%d of %d", e.vocab, e.Vocab)
	if e.Config.isPlanted(e.Config.Tokens) {
		facts["planted"] = fmt.Sprintf("%g of the experts' rows", e.Config.PlantedShare)
	}
	return facts
}

// warnings: one token reads every layer's experts before it comes back to the
// first, so that one pass must be larger than the cache.
func (e *experiment) warnings() []sdk.Diagnostic {
	pass, cache := e.bytes(e.Config.Tokens, true), e.Device.Info().LastCache
	if !e.Cold || pass > 2*cache {
		return nil
	}
	return []sdk.Diagnostic{{
		Warning: true, Code: "weights_not_cold", Summary: "decode may find weights in a cache",
		Detail: fmt.Sprintf("one token reads %d MB of weights, the last cache holds %d MB: make more layers", pass>>20, cache>>20),
	}}
}

func (e *experiment) release() {
	for _, f := range e.cleanup {
		f()
	}
}
