package kernels

import (
	"sync"

	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/quant"
)

// Pool shares weights between the configurations of one process: variants, baseline and
// control that agree on a matrix read the same buffers, so that no arm has
// memory of its own that happens to lie better. A matrix is freed when the last
// configuration that uses it is released. The zero Pool is ready to use.
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
	weights Weights
	users   int
}

func (p *Pool) get(m matrix, make func(metal.Device) (Weights, error)) (Weights, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if e, ok := p.shared[m]; ok {
		e.users++
		return e.weights, nil
	}
	w, err := make(m.dev)
	if err != nil {
		return Weights{}, err
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

// Lease is what one configuration has taken from a Pool.
type Lease struct {
	pool  *Pool
	dev   metal.Device
	taken []matrix
}

// Lease starts with nothing taken.
func (p *Pool) Lease(dev metal.Device) *Lease { return &Lease{pool: p, dev: dev} }

// Take is the weights named what, a comparable value that holds everything
// they are a function of. They are made if no other configuration has them.
func (l *Lease) Take(what any, make func(metal.Device) (Weights, error)) (Weights, error) {
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
func (l *Lease) Weights(f quant.Format, experts, n, k int, seed, stream uint64, scale float64) (Weights, error) {
	s := quant.Synthetic{Format: f, Experts: experts, N: n, K: k, Seed: seed ^ (stream+1)*0x9E6C63D0876A9A63, Scale: scale}
	return l.Take(s, func(dev metal.Device) (Weights, error) { return RandomWeights(dev, s) })
}

// Release gives everything back. It may be called more than once.
func (l *Lease) Release() {
	for _, m := range l.taken {
		l.pool.put(m)
	}
	l.taken = nil
}
