package moe

import (
	"fmt"

	"github.com/assay-bench/assay/metal/kernels"
)

// Layer is one layer's weights: experts [E,N,K], shared experts [1,N,K].
type Layer struct {
	Gate, Up, Down                   kernels.Weights
	SharedGate, SharedUp, SharedDown kernels.Weights // where the model has a shared expert
}

// downScale makes a block's output about as large as its input: silu(g)·u of
// unit gate and up has a root mean square near 0.6, and a combine over k experts
// averages.
const downScale = 4

// Layers takes from l the weights of all layers of r, synthetic ones from the seed.
// Without rest, down projections and shared experts are left out.
func Layers(l *kernels.Lease, r Resolved, seed uint64, rest bool) ([]Layer, error) {
	n := down
	switch {
	case rest && r.Shared > 0:
		n = parts
	case rest:
		n = sharedGate
	}
	if r.Folder != "" {
		return load(l, r, n)
	}
	layers := make([]Layer, r.Layers)
	for i := range layers {
		for p := gate; p < n; p++ {
			scale := 1.0
			if p == down {
				scale = downScale
			}
			experts, rows, k := p.shape(r.Model, r.Experts)
			w, err := l.Weights(r.formats[i][p], experts, rows, k, seed, uint64(i*streamsPerLayer)+uint64(p), scale)
			if err != nil {
				return nil, fmt.Errorf("weights of layer %d: %w", i, err)
			}
			*p.of(&layers[i]) = w
		}
	}
	return layers, nil
}
