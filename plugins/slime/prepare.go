package main

import (
	"context"
	"fmt"

	"github.com/assay-bench/assay/core/sdk"
	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/kernels"
)

// configuration is one that is being prepared.
type configuration struct {
	sdk.Request[Config]
	shape
	copies   int
	set      *kernels.Set
	gate, up kernels.Weights // [copies,N,K]

	buffers kernels.Buffers
	x       metal.Arg // [copies,T,K]
	g, u, y metal.Arg // [T,N]
	refined metal.Arg // [T,N] uint32, progressive only
}

func preparer(pool *kernels.Pool) func(context.Context, sdk.Request[Config]) (*sdk.Prepared, error) {
	return func(ctx context.Context, req sdk.Request[Config]) (*sdk.Prepared, error) {
		e := &configuration{Request: req, buffers: kernels.Buffers{Device: req.Device}}
		lease := pool.Lease(req.Device)
		e.Cleanup(lease.Release)
		e.Cleanup(e.buffers.Release)
		decode, err := e.prepare(ctx, lease)
		if err != nil {
			return nil, err
		}
		return &sdk.Prepared{Facts: e.facts(), Phases: map[string]sdk.Timed{"decode": decode}}, nil
	}
}

func (e *configuration) prepare(ctx context.Context, lease *kernels.Lease) (p sdk.Timed, err error) {
	var faults []sdk.Diagnostic
	if e.shape, faults = e.Config.resolve(); len(faults) > 0 {
		return p, sdk.Faults(faults)
	}
	e.copies = e.needed()
	if e.set, err = kernels.Load(ctx, e.Device); err != nil {
		return p, err
	}
	e.Progress("weights", 0)
	if err := e.weights(lease); err != nil {
		return p, err
	}
	if err := e.allocate(); err != nil {
		return p, err
	}
	p = sdk.Timed{
		Units: float64(e.Config.Tokens), Bytes: e.bytes(),
		Rotation: e.copies, Verify: e.verify, Outputs: []metal.Arg{e.y},
	}
	p.Program, err = kernels.Replay(e.Device, e.copies, e.dispatches)
	return p, err
}

// needed is how many experts a rotation goes through. A cold one has at least two.
func (e *configuration) needed() int {
	n := e.Copies(int64(2 * e.n * e.RowBytes(e.k)))
	if e.Cold {
		n = max(n, 2)
	}
	if e.Folder != "" {
		n = min(n, e.Model.Experts)
	}
	return n
}

func (e *configuration) allocate() error {
	c := e.Config
	e.x = e.buffers.Upload(e.DType, kernels.Normal(e.RNG("x"), e.copies*c.Tokens*e.k))
	e.y = e.buffers.Floats(e.DType, c.Tokens*e.n)
	if c.Method == separate {
		e.g, e.u = e.buffers.Floats(e.DType, c.Tokens*e.n), e.buffers.Floats(e.DType, c.Tokens*e.n)
	} else {
		e.refined = e.buffers.Zeros(4 * c.Tokens * e.n)
	}
	return e.buffers.Err()
}

// input is x[T,K] of one copy.
func (e *configuration) input(copy int) metal.Arg {
	return kernels.Slice(e.x, copy, e.Config.Tokens*e.k, e.DType.Size())
}

// dispatches compute y = silu(x·Gateᵀ)·(x·Upᵀ) with one copy's weights.
func (e *configuration) dispatches(copy int) ([]metal.Dispatch, error) {
	c, gate, up := e.Config, e.gate.Expert(copy), e.up.Expert(copy)
	if c.Method == progressive {
		return e.set.ProgressiveSwiglu(kernels.ProgressiveSwiglu{
			X: e.input(copy), Y: e.y, Refined: e.refined, Gate: gate, Up: up,
			M: c.Tokens, Epsilon: c.epsilon(), Threadgroup: c.Threadgroup,
		})
	}
	var s kernels.Sequence
	s.Add(e.set.QuantizedMatmul(kernels.QuantizedMatmul{X: e.input(copy), Y: e.g, W: gate, M: c.Tokens}))
	s.Add(e.set.QuantizedMatmul(kernels.QuantizedMatmul{X: e.input(copy), Y: e.u, W: up, M: c.Tokens}))
	s.Add(e.set.Swiglu(kernels.Swiglu{Gate: e.g, Up: e.u, Y: e.y, N: c.Tokens * e.n, DType: e.DType}))
	return s.Done()
}

// bytes of one iteration. High and low bits share words, so the weights are
// read whole on every path.
func (e *configuration) bytes() int64 {
	weights := 2 * e.n * e.RowBytes(e.k)
	return int64(weights + e.Config.Tokens*(e.k+e.n)*e.DType.Size())
}

func (e *configuration) facts() map[string]string {
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
