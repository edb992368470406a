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
	Router   Router
	Set      *kernels.Set
	Weights  []Layer
	Buffers  kernels.Buffers
	Warnings []sdk.Diagnostic       // for Prepared
	Numbers  map[string]sdk.Numbers // likewise
	metrics  map[string]float64     // likewise
}

// Problem is what a plugin's configuration says about experts.
type Problem struct {
	Spec
	Routing
	Tokens []int // of a step of each phase
}

// Resolve finds the experts and what chooses them, and every fault.
func (p Problem) Resolve() (Resolved, Router, []sdk.Diagnostic) {
	r, faults := p.Spec.Resolve()
	if len(faults) > 0 {
		return r, Router{}, faults
	}
	router, faults := p.Routing.Resolve(r, p.Tokens...)
	return r, router, faults
}

// RoutingMetrics are what phases say of experts that are not chosen alike.
func RoutingMetrics(phases ...string) (out []sdk.Metric) {
	for _, phase := range phases {
		out = append(out, sdk.Metric{
			Name: phase + "_experts",
			Doc:  "different experts that a step of " + phase + " touches in a layer, on average, where routing is not uniform",
		})
	}
	return out
}

// NewExperts loads the kernels and takes the weights from pool; without down, the
// down projections and shared experts are left out. All is given back with the
// configuration.
func NewExperts[C any](ctx context.Context, req sdk.Request[C], problem Problem, pool *kernels.Pool, down bool) (*Experts[C], error) {
	e := &Experts[C]{Request: req, Buffers: kernels.Buffers{Device: req.Device}, Numbers: map[string]sdk.Numbers{}, metrics: map[string]float64{}}
	lease := pool.Lease(req.Device)
	e.Cleanup(lease.Release)
	e.Cleanup(e.Buffers.Release)
	var faults []sdk.Diagnostic
	e.Resolved, e.Router, faults = problem.Resolve()
	err := sdk.Faults(faults)
	if err != nil {
		return nil, err
	}
	if e.Set, err = kernels.Load(ctx, e.Device); err != nil {
		return nil, err
	}
	e.Progress("weights", 0)
	e.Weights, err = Layers(lease, e.Resolved, e.Seed, down)
	return e, err
}

// Inputs of a phase through so many layers, with a warning where they are not cold.
func (e *Experts[C]) Inputs(phase string, layers, tokens int, down bool) (*Inputs, error) {
	in, err := NewInputs(&e.Buffers, e.Seed, phase, e.Resolved, e.Router, layers, tokens, e.Cold)
	if err != nil {
		return nil, err
	}
	if e.Router.law != uniformly {
		e.metrics[phase+"_experts"] = in.Distinct()
	}
	e.Warnings = append(e.Warnings, e.NotCold("weights of "+phase, in.WeightBytes(down))...)
	return in, nil
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
	facts["routing"] = e.Router.String()
	return &sdk.Prepared{Metrics: e.metrics, Facts: facts, Warnings: e.Warnings, Numbers: e.Numbers, Phases: phases}, nil
}
