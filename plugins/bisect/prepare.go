package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/assay-bench/assay/core/sdk"
	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/kernels"
	"github.com/assay-bench/assay/plugins/internal/decoder"
)

// shared is what the configurations of one process have in common: weights, and the
// unpatched stack's tokens that all of them are compared with.
type shared struct {
	models decoder.Shared // of whole models, and the weights of all
	greedy map[string][]uint32
}

func newShared() *shared { return &shared{greedy: map[string][]uint32{}} }

// configuration is one that is being prepared.
type configuration struct {
	sdk.Request[Config]
	*model
	shared  *shared
	buffers kernels.Buffers
}

func (s *shared) prepare(ctx context.Context, req sdk.Request[Config]) (*sdk.Prepared, error) {
	if req.Config.Scope == decoder.Scope {
		return s.prepareModel(ctx, req)
	}
	e := &configuration{Request: req, shared: s, buffers: kernels.Buffers{Device: req.Device}}
	lease := s.models.Pool.Lease(req.Device)
	e.Cleanup(lease.Release)
	e.Cleanup(e.buffers.Release)
	phases, err := e.prepare(ctx, lease)
	if err != nil {
		return nil, err
	}
	warnings := e.NotCold("weights of decode", e.bytes(e.Config.Tokens, true)) // one token reads every layer's experts
	return &sdk.Prepared{Facts: e.facts(), Warnings: warnings, Phases: phases}, nil
}

func (e *configuration) prepare(ctx context.Context, lease *kernels.Lease) (map[string]sdk.Timed, error) {
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
	build := map[string]func(context.Context) (sdk.Timed, error){"decode": e.decode, "prefill": e.prefill}
	phases := map[string]sdk.Timed{}
	for i, name := range e.Phases {
		e.Progress(name, float64(i)/float64(len(e.Phases)))
		if phases[name], err = build[name](ctx); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	return phases, nil
}

// decode is one greedy token per iteration, at the next position each time.
func (e *configuration) decode(ctx context.Context) (p sdk.Timed, err error) {
	s, err := e.stack(e.Config, e.Config.Tokens)
	if err != nil {
		return p, err
	}
	baseline, err := e.baselineTokens(ctx)
	if err != nil {
		return p, err
	}
	program, err := kernels.Replay(e.Device, positions, s.decode)
	if err != nil {
		return p, err
	}
	return sdk.Timed{
		Units: float64(e.Config.Tokens), Bytes: e.bytes(e.Config.Tokens, true), Program: program, Rotation: positions,
		Outputs: append(s.block.Outputs(), s.out, s.h, s.logits),
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
func (e *configuration) prefill(context.Context) (p sdk.Timed, err error) {
	const prompts = 2
	n := e.Config.PromptTokens
	s, err := e.stack(e.Config, n)
	if err != nil {
		return p, err
	}
	rng := e.RNG("prompt")
	ids := make([]uint32, prompts*n)
	for i := range ids {
		ids[i] = rng.Uint32N(uint32(e.vocab))
	}
	prompt := e.buffers.Indices(ids)
	if err := e.buffers.Err(); err != nil {
		return p, err
	}
	program, err := kernels.Replay(e.Device, prompts, func(i int) ([]metal.Dispatch, error) {
		return s.prefill(kernels.Slice(prompt, i, n, 4), i*n)
	})
	if err != nil {
		return p, err
	}
	return sdk.Timed{
		Units: float64(n), Bytes: e.bytes(n, false), Program: program, Rotation: prompts,
		Outputs: append(s.block.Outputs(), s.out, s.h),
		Verify: func(_ context.Context, i int) ([]sdk.Check, map[string]float64, error) {
			checks, err := s.verifyBlock(e.Seed + uint64(i))
			return checks, nil, err
		},
	}, nil
}

func (e *configuration) stack(cfg Config, tokens int) (*stack, error) {
	s, err := newStack(e.model, cfg, tokens)
	if err == nil {
		e.Cleanup(s.release)
	}
	return s, err
}

func (e *configuration) facts() map[string]string {
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
