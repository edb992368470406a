package moe

import (
	"context"
	"fmt"

	"github.com/assay-bench/assay/core/sdk"
	"github.com/assay-bench/assay/metal/kernels"
)

// Experts is a configuration that is being prepared, of a plugin whose phases run
// layers of experts and nothing else of a model.
type Experts[C any] struct {
	sdk.Request[C]
	Resolved
	Set      *kernels.Set
	Weights  []Layer
	Buffers  kernels.Buffers
	Warnings []sdk.Diagnostic       // for Prepared
	Numbers  map[string]sdk.Numbers // likewise
}

// NewExperts loads the kernels and takes the weights from pool; without down, the
// down projections and shared experts are left out. All is given back with the
// configuration.
func NewExperts[C any](ctx context.Context, req sdk.Request[C], spec Spec, pool *kernels.Pool, down bool) (*Experts[C], error) {
	e := &Experts[C]{Request: req, Buffers: kernels.Buffers{Device: req.Device}, Numbers: map[string]sdk.Numbers{}}
	lease := pool.Lease(req.Device)
	e.Cleanup(lease.Release)
	e.Cleanup(e.Buffers.Release)
	var err error
	if e.Resolved, err = spec.Need(); err != nil {
		return nil, err
	}
	if e.Set, err = kernels.Load(ctx, e.Device); err != nil {
		return nil, err
	}
	e.Progress("weights", 0)
	e.Weights, err = Layers(lease, e.Resolved, e.Seed, down)
	return e, err
}

// Prepared has the phases that are asked for, each with its number of tokens.
func (e *Experts[C]) Prepared(facts map[string]string, tokens map[string]int, phase func(name string, tokens int) (sdk.Timed, error)) (*sdk.Prepared, error) {
	phases := map[string]sdk.Timed{}
	for i, name := range e.Phases {
		e.Progress(name, float64(i)/float64(len(e.Phases)))
		var err error
		if phases[name], err = phase(name, tokens[name]); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	return &sdk.Prepared{Facts: facts, Warnings: e.Warnings, Numbers: e.Numbers, Phases: phases}, nil
}
