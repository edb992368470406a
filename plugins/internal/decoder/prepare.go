package decoder

import (
	"context"
	"fmt"

	"github.com/assay-bench/assay/core/sdk"
	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/kernels"
	"github.com/assay-bench/assay/plugins/internal/moe"
)

// Shared is what the configurations of one process have in common: weights, and what
// unfused models decode. The zero Shared is ready to use.
type Shared struct {
	Pool   kernels.Pool
	greedy map[string]Greedy
}

// Arm is how one configuration computes the model.
type Arm struct {
	Question
	Form
	// Resubmit decides each iteration when it runs, and waits for it.
	Resubmit bool
	// Change replaces the Experts of a pass, with memory that cleanup frees. Optional.
	Change func(set *kernels.Set, p *Pass, cleanup func(func())) error
}

// prepared is a model that is being prepared.
type prepared[C any] struct {
	sdk.Request[C]
	Arm
	shared  *Shared
	set     *kernels.Set
	weights *Weights
	tokens  []uint32 // of the context, then of the prompt
	made    sdk.Prepared
}

// Prepare makes the phases decode and prefill of a model ready to run.
func Prepare[C any](ctx context.Context, req sdk.Request[C], arm Arm, shared *Shared) (*sdk.Prepared, error) {
	m, faults := arm.Resolve()
	if err := sdk.Faults(faults); err != nil {
		return nil, err
	}
	e := &prepared[C]{Request: req, Arm: arm, shared: shared}
	e.made = sdk.Prepared{Facts: arm.facts(m), Phases: map[string]sdk.Timed{}, Outputs: map[string]string{}, Numbers: map[string]sdk.Numbers{}}
	buffers := &kernels.Buffers{Device: req.Device}
	lease := shared.Pool.Lease(req.Device)
	e.Cleanup(lease.Release)
	e.Cleanup(buffers.Release)
	var err error
	if e.set, err = kernels.Load(ctx, req.Device); err != nil {
		return nil, err
	}
	e.Progress("weights", 0)
	if e.weights, err = NewWeights(lease, buffers, m, req.Seed); err != nil {
		return nil, err
	}
	e.tokens = moe.Tokens(e.Seed, e.weights.Vocab, e.Context+e.Prompt)
	build := map[string]func(context.Context) (sdk.Timed, error){"decode": e.decode, "prefill": e.prefill}
	for i, name := range req.Phases {
		e.Progress(name, float64(i)/float64(len(req.Phases)))
		if e.made.Phases[name], err = build[name](ctx); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	e.made.Warnings = e.NotCold("weights of decode", e.weights.StepBytes(1, 0, true))
	return &e.made, nil
}

// cache has the context and room for n tokens behind it. Each phase has one of its own:
// what its last iteration left is looked at after the other phase has run.
func (e *prepared[C]) cache(ctx context.Context, n int) (*Cache, error) {
	c, err := NewCache(e.Device, e.weights.Model, e.first()+n)
	if err != nil {
		return nil, err
	}
	e.Cleanup(c.Release)
	e.Progress("context", 0)
	if e.ContextFill == "random" {
		return c, c.Draw(e.Seed, e.first())
	}
	return c, c.Fill(ctx, e.set, e.weights, e.tokens[:e.first()], e.Chunk, func(done float64) { e.Progress("context", done) })
}

// change lets the arm replace what a pass computes.
func (e *prepared[C]) change(p *Pass) error {
	if p == nil || e.Change == nil {
		return nil
	}
	return e.Change(e.set, p, e.Cleanup)
}

func (e *prepared[C]) program(ops func() ([]metal.Dispatch, error)) (metal.Program, error) {
	each := func(int) ([]metal.Dispatch, error) { return ops() }
	if e.Resubmit {
		return kernels.Resubmit(e.Device, 1, each), nil
	}
	return kernels.Replay(e.Device, 1, each)
}

// newDecode begins behind the context.
func (e *prepared[C]) newDecode(c *Cache, form Form) (*Decode, error) {
	d, err := NewDecode(e.set, e.weights, c, form, e.tokens[e.first()], e.first(), e.DecodeTokens)
	if err == nil {
		e.Cleanup(d.Release)
	}
	return d, err
}

// decode is one greedy token per iteration.
func (e *prepared[C]) decode(ctx context.Context) (t sdk.Timed, err error) {
	c, err := e.cache(ctx, e.DecodeTokens)
	if err != nil {
		return t, err
	}
	baseline, err := e.baseline(ctx, c)
	if err != nil {
		return t, err
	}
	d, err := e.newDecode(c, e.Form)
	if err == nil {
		err = e.change(d.Pass)
	}
	if err != nil {
		return t, err
	}
	program, err := e.program(d.Ops)
	if err != nil {
		return t, err
	}
	if e.Fidelity > 0 {
		if err := e.say(ctx, d, program); err != nil {
			program.Release()
			return t, err
		}
	}
	return sdk.Timed{
		Units: 1, Bytes: e.weights.StepBytes(1, e.Context+e.DecodeTokens/2, true), Program: program, Outputs: d.Outputs(),
		Verify: func(ctx context.Context, _ int) ([]sdk.Check, map[string]float64, error) {
			checks, err := d.Verify(e.Seed)
			if err != nil || e.Fidelity == 0 {
				return checks, nil, err
			}
			got, err := d.Greedy(ctx, program, e.Fidelity)
			if err != nil {
				return nil, nil, err
			}
			more, metrics := e.fidelity(got, baseline)
			return append(checks, more...), metrics, nil
		},
	}, nil
}

// prefill is one prompt per iteration.
func (e *prepared[C]) prefill(ctx context.Context) (t sdk.Timed, err error) {
	c, err := e.cache(ctx, e.Prompt)
	if err != nil {
		return t, err
	}
	p, err := NewPrefill(e.set, e.weights, c, e.Form, e.tokens[e.Context:], e.first(), e.Chunk)
	if err != nil {
		return t, err
	}
	e.Cleanup(p.Release)
	for _, pass := range []*Pass{p.Whole, p.Rest} {
		if err := e.change(pass); err != nil {
			return t, err
		}
	}
	program, err := e.program(p.Ops)
	if err != nil {
		return t, err
	}
	last, at := p.Last()
	return sdk.Timed{
		Units: float64(e.Prompt), Bytes: e.weights.StepBytes(min(e.Chunk, e.Prompt), e.Context, false) * int64(p.Chunks()),
		Program: program, Outputs: last.Outputs(),
		Verify: func(context.Context, int) ([]sdk.Check, map[string]float64, error) {
			checks, err := last.Verify(at, e.Seed)
			return checks, nil, err
		},
	}, nil
}
