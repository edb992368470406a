package main

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/assay-bench/assay/core/sdk"
	"github.com/assay-bench/assay/metal/kernels"
	"github.com/assay-bench/assay/metal/reference"
	"github.com/assay-bench/assay/plugins/internal/moe"
)

// generate decodes n greedy tokens of every sequence from the seed's first
// tokens, at the positions from 0 on: [n·T].
func generate(ctx context.Context, s *stack, n int, seed uint64) ([]uint32, error) {
	rng := sdk.Request[Config]{Seed: seed}.RNG("first token")
	first := make([]byte, 0, 4*s.tokens)
	for range s.tokens {
		first = append(first, kernels.Encode(rng.Uint32N(uint32(s.vocab)))...)
	}
	if err := s.ids.Buffer.Write(s.ids.Offset, first); err != nil {
		return nil, err
	}
	program, err := kernels.Replay(s.set.Device(), positions, s.decode)
	if err != nil {
		return nil, err
	}
	defer program.Release()
	var out []uint32
	for range n {
		if _, err := program.Run(ctx, 1); err != nil {
			return nil, fmt.Errorf("greedy token %d: %w", len(out), err)
		}
		ids, err := kernels.DownloadUint32(s.ids, s.tokens)
		if err != nil {
			return nil, err
		}
		out = append(out, ids...)
	}
	return out, nil
}

// baselineTokens are the unpatched stack's, decoded once per process.
func (e *configuration) baselineTokens(ctx context.Context) ([]uint32, error) {
	if e.Config.FidelityTokens == 0 {
		return nil, nil
	}
	cfg := e.Config.unpatched()
	key, err := json.Marshal(struct {
		Config Config
		Seed   uint64
	}{cfg, e.Seed})
	if err != nil {
		return nil, err
	}
	if tokens, ok := e.shared.greedy[string(key)]; ok {
		return tokens, nil
	}
	s, err := newStack(e.model, cfg, cfg.Tokens)
	if err != nil {
		return nil, err
	}
	defer s.release()
	tokens, err := generate(ctx, s, cfg.FidelityTokens, e.Seed)
	if err == nil {
		e.shared.greedy[string(key)] = tokens
	}
	return tokens, err
}

// fidelity counts the tokens that agree.
func fidelity(got, want []uint32) sdk.Check {
	same, first := 0, -1
	for i := range want {
		if i < len(got) && got[i] == want[i] {
			same++
		} else if first < 0 {
			first = i
		}
	}
	c := sdk.Below("tokens", float64(len(want)-same), 0)
	c.Fidelity = true
	c.Detail = fmt.Sprintf("%d/%d identical", same, len(want))
	if first >= 0 {
		c.Detail += fmt.Sprintf(", the first difference at %d", first)
	}
	return c
}

// verify holds the last layer's block, the head and the choice of tokens
// against the reference.
func (s *stack) verify(seed uint64) ([]sdk.Check, error) {
	checks, err := s.verifyBlock(seed)
	if err != nil {
		return nil, err
	}
	final, err := kernels.Download(s.final, s.DType, s.tokens*s.Hidden)
	if err != nil {
		return nil, err
	}
	logits, err := kernels.Download(s.logits, s.DType, s.tokens*s.vocab)
	if err != nil {
		return nil, err
	}
	ids, err := kernels.DownloadUint32(s.ids, s.tokens)
	if err != nil {
		return nil, err
	}
	head, err := moe.Fetch(s.head, 0)
	if err != nil {
		return nil, err
	}
	pick := reference.Sample(seed, s.tokens, s.vocab, 1, 24)
	want, err := reference.QMM(reference.MatMul(final, s.tokens), head, pick)
	if err != nil {
		return nil, err
	}
	got, err := pick.Of(logits, s.tokens, s.vocab)
	if err != nil {
		return nil, err
	}
	largest, err := reference.Argmax(logits, s.vocab)
	if err != nil {
		return nil, err
	}
	wrong := 0
	for i := range largest {
		if ids[i] != largest[i] {
			wrong++
		}
	}
	return append(checks,
		sdk.Below("head", reference.MaxError(got, want), max(reference.Tolerance(s.DType), 1e-4)),
		sdk.Below("argmax", float64(wrong), 0)), nil
}

func (s *stack) verifyBlock(seed uint64) ([]sdk.Check, error) {
	return s.block.Verify(s.layers[len(s.layers)-1], s.io(), seed)
}
