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

// Layers takes from l the weights of all layers of r, synthetic ones from the seed.
// Without down, the down projections and shared experts are left out.
func Layers(l *kernels.Lease, r Resolved, seed uint64, down bool) ([]Layer, error) {
	if r.Folder != "" {
		return load(l, r, down)
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
