package moe

import (
	"fmt"

	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/kernels"
)

// mostSteps bounds a rotation, and with it what a device records.
const mostSteps = 64

// Inputs of one phase: a grid of steps, one per pass and layer. Pass p of layer
// l is step p·Layers+l and has its own activations, router logits and experts.
type Inputs struct {
	Passes, Layers int

	r              Resolved
	tokens         int
	routes         []Selection
	x, logits, rhs metal.Arg
}

// NewInputs makes the inputs of a phase from the seed, with the experts that a router
// chooses. Cold inputs go through all experts of every layer before one comes again, as
// far as a bounded rotation allows; hot ones are a single pass over a single layer's
// choice, always the same.
func NewInputs(b *kernels.Buffers, seed uint64, phase string, r Resolved, router Router, layers, tokens int, cold bool) (*Inputs, error) {
	in := &Inputs{Passes: 1, Layers: layers, r: r, tokens: tokens}
	if cold {
		in.Passes = passes(r.Experts, router.distinct(newStream(seed, phase+" distinct"), tokens), layers)
	}
	experts, gates := newStream(seed, phase+" experts"), newStream(seed, phase+" logits")
	perLayer, choose := make([][]Selection, layers), router.from(experts)
	for l := range perLayer {
		perLayer[l] = Selections(experts.perm(r.Experts), choose, tokens, in.Passes)
	}
	var logits []float32
	var rhs []uint32
	for p := range in.Passes {
		for l := range layers {
			s := perLayer[l][p]
			in.routes = append(in.routes, s)
			logits = append(logits, s.Logits(gates.normal, r.Experts)...)
			rhs = append(rhs, s.Flat()...)
		}
	}
	in.x = b.Upload(r.DType, newStream(seed, phase+" x").normals(in.Steps()*tokens*r.Hidden))
	in.logits = b.Upload(r.DType, logits)
	in.rhs = b.Indices(rhs)
	if err := b.Err(); err != nil {
		return nil, fmt.Errorf("inputs of %d steps of %d tokens: %w", in.Steps(), tokens, err)
	}
	return in, nil
}

// passes needed to touch every expert of a layer once, so many at a time, bounded.
func passes(experts, distinct, layers int) int {
	all := (experts + distinct - 1) / distinct
	return max(2, min(all, mostSteps/layers))
}

// Steps in one rotation.
func (in *Inputs) Steps() int { return in.Passes * in.Layers }

// Route is the step's selection.
func (in *Inputs) Route(step int) Selection { return in.routes[step] }

// X is the step's x[T,Hidden].
func (in *Inputs) X(step int) metal.Arg {
	return kernels.Slice(in.x, step, in.tokens*in.r.Hidden, in.r.DType.Size())
}

// Logits are the step's router logits[T,E], which lead to its route.
func (in *Inputs) Logits(step int) metal.Arg {
	return kernels.Slice(in.logits, step, in.tokens*in.r.Experts, in.r.DType.Size())
}

// Experts are the step's rhs indices [T·k].
func (in *Inputs) Experts(step int) metal.Arg {
	return kernels.Slice(in.rhs, step, in.tokens*in.r.TopK, 4)
}

// Distinct is how many experts a step touches, on average.
func (in *Inputs) Distinct() float64 {
	n := 0
	for _, s := range in.routes {
		n += s.Distinct()
	}
	return float64(n) / float64(len(in.routes))
}

// WeightBytes that one rotation goes through.
func (in *Inputs) WeightBytes(down bool) int64 {
	touched := make([]map[int]bool, in.Layers)
	var n int64
	for step, s := range in.routes {
		l := step % in.Layers
		if touched[l] == nil {
			touched[l] = map[int]bool{}
		}
		for _, e := range s.Flat() {
			if !touched[l][int(e)] {
				touched[l][int(e)] = true
				n += in.r.ExpertBytes(l, down)
			}
		}
	}
	return n
}
