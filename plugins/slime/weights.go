package main

import (
	"math"
	"math/rand/v2"

	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/kernels"
	"github.com/assay-bench/assay/metal/quant"
	"github.com/assay-bench/assay/plugins/internal/moe"
)

// rowSpread is the standard deviation of the logarithm of a row's size. The
// error bound of an output is proportional to its row's scales; rows that are
// all alike would refine all or nothing, which no trained projection does.
const rowSpread = 0.4

// spread names weights whose rows differ in size.
type spread struct {
	quant.Synthetic
	name string
}

// weights are the experts that iterations take in turn: those of a checkpoint's
// first layer, or synthetic ones whose rows differ in size.
func (e *configuration) weights(lease *kernels.Lease) (err error) {
	if e.Folder != "" {
		layers, err := moe.Layers(lease, e.Resolved, e.Seed, false)
		if err != nil {
			return err
		}
		e.gate, e.up = layers[0].Gate, layers[0].Up
		return nil
	}
	if e.gate, err = e.synthetic(lease, "gate"); err == nil {
		e.up, err = e.synthetic(lease, "up")
	}
	return err
}

// synthetic matrices [copies,N,K].
func (e *configuration) synthetic(lease *kernels.Lease, name string) (kernels.Weights, error) {
	rng := e.RNG(name)
	s := spread{name: name, Synthetic: quant.Synthetic{
		Format: e.Format, Experts: e.copies, N: e.n, K: e.k, Seed: rng.Uint64(), Scale: 1,
	}}
	return lease.Take(s, func(dev metal.Device) (kernels.Weights, error) {
		w, err := kernels.RandomWeights(dev, s.Synthetic)
		if err != nil {
			return w, err
		}
		if err := e.resizeRows(w, rng); err != nil {
			w.Release()
			return kernels.Weights{}, err
		}
		return w, nil
	})
}

// resizeRows multiplies each row's scales and biases by a size of its own.
func (e *configuration) resizeRows(w kernels.Weights, rng *rand.Rand) error {
	rows, groups := w.Experts*w.N, w.K/w.Group
	scales, err := kernels.Download(w.Scales, e.DType, rows*groups)
	if err != nil {
		return err
	}
	biases := make([]float32, len(scales))
	zero := float32(uint(1) << (e.Bits - 1)) // the code that stands for zero
	for row := range rows {
		size := float32(math.Exp(rowSpread * rng.NormFloat64()))
		for i := row * groups; i < (row+1)*groups; i++ {
			scales[i] = e.DType.Round(scales[i] * size)
			biases[i] = -zero * scales[i]
		}
	}
	if err := w.Scales.Buffer.Write(w.Scales.Offset, e.DType.Bytes(scales)); err != nil {
		return err
	}
	return w.Biases.Buffer.Write(w.Biases.Offset, e.DType.Bytes(biases))
}
