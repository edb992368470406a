package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/assay-bench/assay/core/sdk"
	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/kernels"
	"github.com/assay-bench/assay/plugins/internal/moe"
	"github.com/assay-bench/assay/plugins/internal/rotation"
)

// mostCopies bounds how many different experts are made to keep weights cold.
const mostCopies = 128

// experiment is one configuration being prepared.
type experiment struct {
	sdk.Request[Config]
	shape
	copies   int
	set      *kernels.Set
	gate, up kernels.Weights // [copies,N,K]

	buffers moe.Buffers
	x       metal.Arg // [copies,T,K]
	g, u, y metal.Arg // [T,N]
	refined metal.Arg // [T,N] uint32, progressive only
	cleanup []func()
}

func preparer(pool *moe.Pool) func(context.Context, sdk.Request[Config]) (sdk.Case, error) {
	return func(ctx context.Context, req sdk.Request[Config]) (sdk.Case, error) {
		e := &experiment{Request: req, buffers: moe.Buffers{Device: req.Device}}
		phase, err := e.prepare(ctx, pool.Lease(req.Device))
		if err != nil {
			e.release()
			return nil, err
		}
		return rotation.New(ctx, sdk.Prepared{Facts: e.facts()}, e.release, phase)
	}
}

func (e *experiment) prepare(ctx context.Context, lease *moe.Lease) (*rotation.Phase, error) {
	e.cleanup = append(e.cleanup, lease.Release, e.buffers.Release)
	var faults []sdk.Diagnostic
	if e.shape, faults = e.Config.resolve(); len(faults) > 0 {
		list := make([]error, 0, len(faults))
		for _, f := range faults {
			list = append(list, f)
		}
		return nil, errors.Join(list...)
	}
	e.copies = e.needed()
	var err error
	if e.set, err = kernels.Load(ctx, e.Device); err != nil {
		return nil, err
	}
	e.Progress("weights", 0)
	if err := e.weights(lease); err != nil {
		return nil, err
	}
	if err := e.allocate(); err != nil {
		return nil, err
	}
	runner, err := rotation.Replay(e.Device, e.copies, e.dispatches)
	if err != nil {
		return nil, err
	}
	return &rotation.Phase{
		Name: "decode", Iterations: e.copies, Runner: runner, Verify: e.verify, Outputs: []metal.Arg{e.y},
		PhaseFacts: sdk.PhaseFacts{Units: float64(e.Config.Tokens), Bytes: e.bytes()},
	}, nil
}

// needed is how many experts a cold rotation goes through: more than three
// times the last cache in all.
func (e *experiment) needed() int {
	if !e.Cold {
		return 1
	}
	one := int64(2 * e.n * e.RowBytes(e.k))
	n := int(min(max(3*e.Device.Info().LastCache/one+1, 2), mostCopies))
	if e.Folder != "" {
		n = min(n, e.Model.Experts)
	}
	return n
}

func (e *experiment) allocate() error {
	c := e.Config
	e.x = e.buffers.Upload(e.DType, moe.Normal(moe.RNG(e.Seed, "x"), e.copies*c.Tokens*e.k))
	e.y = e.buffers.Floats(e.DType, c.Tokens*e.n)
	if c.Method == separate {
		e.g, e.u = e.buffers.Floats(e.DType, c.Tokens*e.n), e.buffers.Floats(e.DType, c.Tokens*e.n)
	} else {
		e.refined = e.buffers.Zeros(4 * c.Tokens * e.n)
	}
	return e.buffers.Err()
}

// input is x[T,K] of one copy.
func (e *experiment) input(copy int) metal.Arg {
	return moe.Slice(e.x, copy, e.Config.Tokens*e.k, e.DType.Size())
}

// dispatches compute y = silu(x·Gateᵀ)·(x·Upᵀ) with one copy's weights.
func (e *experiment) dispatches(copy int) ([]metal.Dispatch, error) {
	c, gate, up := e.Config, e.gate.Expert(copy), e.up.Expert(copy)
	if c.Method == progressive {
		return e.set.ProgressiveSwiglu(kernels.ProgressiveSwiglu{
			X: e.input(copy), Y: e.y, Refined: e.refined, Gate: gate, Up: up,
			M: c.Tokens, Epsilon: c.epsilon(), Threadgroup: c.Threadgroup,
		})
	}
	var s moe.Sequence
	s.Add(e.set.QuantizedMatmul(kernels.QuantizedMatmul{X: e.input(copy), Y: e.g, W: gate, M: c.Tokens}))
	s.Add(e.set.QuantizedMatmul(kernels.QuantizedMatmul{X: e.input(copy), Y: e.u, W: up, M: c.Tokens}))
	s.Add(e.set.Swiglu(kernels.Swiglu{Gate: e.g, Up: e.u, Y: e.y, N: c.Tokens * e.n, DType: e.DType}))
	return s.Done()
}

// bytes of one iteration. High and low bits share words, so the weights are
// read whole on every path.
func (e *experiment) bytes() int64 {
	weights := 2 * e.n * e.RowBytes(e.k)
	return int64(weights + e.Config.Tokens*(e.k+e.n)*e.DType.Size())
}

func (e *experiment) facts() map[string]string {
	c := e.Config
	facts := e.Facts()
	delete(facts, "layers")
	facts["experts"] = fmt.Sprintf("%d in turn", e.copies)
	facts["method"] = c.Method
	facts["epsilon"] = c.epsilonText()
	facts["threadgroup"] = fmt.Sprint(c.Threadgroup)
	facts["shape"] = fmt.Sprintf("x[%d,%d] · W[%d,%d]", c.Tokens, e.k, e.n, e.k)
	return facts
}

func (e *experiment) release() {
	for _, f := range e.cleanup {
		f()
	}
}
