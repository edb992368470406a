package moe

import (
	"fmt"
	"sync"

	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/kernels"
	"github.com/assay-bench/assay/metal/quant"
)

// Pool shares weights between the cases of one process: variants, baseline and
// control that agree on a matrix read the same buffers, so that no arm has
// memory of its own that happens to lie better. A matrix is freed when the last
// case that uses it is closed. The zero Pool is ready to use.
type Pool struct {
	mu     sync.Mutex
	shared map[matrix]*entry
}

// matrix is where weights are and everything that they are a function of.
type matrix struct {
	dev  metal.Device
	what any
}

type entry struct {
	weights kernels.Weights
	users   int
}

func (p *Pool) get(m matrix, make func() (kernels.Weights, error)) (kernels.Weights, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if e, ok := p.shared[m]; ok {
		e.users++
		return e.weights, nil
	}
	w, err := make()
	if err != nil {
		return kernels.Weights{}, err
	}
	if p.shared == nil {
		p.shared = map[matrix]*entry{}
	}
	p.shared[m] = &entry{weights: w, users: 1}
	return w, nil
}

func (p *Pool) put(m matrix) {
	p.mu.Lock()
	defer p.mu.Unlock()
	e, ok := p.shared[m]
	if !ok {
		return
	}
	if e.users--; e.users == 0 {
		e.weights.Release()
		delete(p.shared, m)
	}
}

// Lease is what one case has taken from a Pool.
type Lease struct {
	pool  *Pool
	dev   metal.Device
	taken []matrix
}

// Lease starts with nothing taken.
func (p *Pool) Lease(dev metal.Device) *Lease { return &Lease{pool: p, dev: dev} }

// Take is the weights named what, a comparable value that holds everything
// they are a function of. They are made if no other case has them.
func (l *Lease) Take(what any, make func() (kernels.Weights, error)) (kernels.Weights, error) {
	m := matrix{l.dev, what}
	w, err := l.pool.get(m, make)
	if err == nil {
		l.taken = append(l.taken, m)
	}
	return w, err
}

// Weights are synthetic matrices W[experts,n,k] whose outputs have about scale
// times the input's root mean square. The stream tells apart matrices of the
// same shape and seed.
func (l *Lease) Weights(f quant.Format, experts, n, k int, seed, stream uint64, scale float64) (kernels.Weights, error) {
	s := quant.Synthetic{Format: f, Experts: experts, N: n, K: k, Seed: seed ^ (stream+1)*0x9E6C63D0876A9A63, Scale: scale}
	return l.Take(s, func() (kernels.Weights, error) { return kernels.RandomWeights(l.dev, s) })
}

// Release gives everything back. It may be called more than once.
func (l *Lease) Release() {
	for _, m := range l.taken {
		l.pool.put(m)
	}
	l.taken = nil
}

// Layer is one layer's weights: experts [E,N,K], shared experts [1,N,K].
type Layer struct {
	Gate, Up, Down                   kernels.Weights
	SharedGate, SharedUp, SharedDown kernels.Weights // where the model has a shared expert
}

// Streams of a layer's matrices; streamsPerLayer leaves room between layers.
const (
	streamGate = iota
	streamUp
	streamDown
	streamSharedGate
	streamSharedUp
	streamSharedDown
	streamsPerLayer = 16
	streamModel     = 1 << 32 // matrices that belong to no layer
)

// downScale makes a block's output about as large as its input: silu(g)·u of
// unit gate and up has a root mean square near 0.6, and a combine over k experts
// averages.
const downScale = 4

// Layers takes the weights of all layers of r, synthetic ones from the seed.
// Without down, the down projections and shared experts are left out.
func (l *Lease) Layers(r Resolved, seed uint64, down bool) ([]Layer, error) {
	if r.Folder != "" {
		return l.load(r, down)
	}
	layers := make([]Layer, r.Layers)
	for i := range layers {
		base := uint64(i * streamsPerLayer)
		var failed error
		take := func(stream uint64, experts, n, k int, scale float64) kernels.Weights {
			if failed != nil {
				return kernels.Weights{}
			}
			w, err := l.Weights(r.Format, experts, n, k, seed, base+stream, scale)
			failed = err
			return w
		}
		y := &layers[i]
		y.Gate = take(streamGate, r.Experts, r.Inter, r.Hidden, 1)
		y.Up = take(streamUp, r.Experts, r.Inter, r.Hidden, 1)
		if down {
			y.Down = take(streamDown, r.Experts, r.Hidden, r.Inter, downScale)
			if r.Shared > 0 {
				y.SharedGate = take(streamSharedGate, 1, r.Shared*r.Inter, r.Hidden, 1)
				y.SharedUp = take(streamSharedUp, 1, r.Shared*r.Inter, r.Hidden, 1)
				y.SharedDown = take(streamSharedDown, 1, r.Hidden, r.Shared*r.Inter, 1)
			}
		}
		if failed != nil {
			return nil, fmt.Errorf("weights of layer %d: %w", i, failed)
		}
	}
	return layers, nil
}
