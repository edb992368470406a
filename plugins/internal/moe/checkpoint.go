package moe

import (
	"fmt"
	"os"

	"github.com/assay-bench/assay/core/sdk"
	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/kernels"
	"github.com/assay-bench/assay/metal/quant"
)

// IsFolder says that a model's name is the folder of an MLX checkpoint.
func IsFolder(model string) bool {
	if _, preset := Lookup(model); preset {
		return false
	}
	info, err := os.Stat(model)
	return err == nil && info.IsDir()
}

// load takes the first layers of a checkpoint, the first n parts of each and of
// these the first experts.
func load(l *kernels.Lease, r Resolved, n part) ([]Layer, error) {
	c, err := quant.OpenCheckpoint(r.Folder)
	if err != nil {
		return nil, Unusable(err)
	}
	defer c.Close()
	layers := make([]Layer, r.Layers)
	for i := range layers {
		for p := gate; p < n; p++ {
			w, err := l.Take(weightsOf{r.Folder, r.numbers[i], r.Experts, p}, func(dev metal.Device) (kernels.Weights, error) {
				experts, _, _ := p.shape(r.Model, r.Experts)
				t, err := c.Tensor(r.family.prefix(r.numbers[i], p), experts)
				if err == nil {
					err = r.fits(t, p, i)
				}
				if err != nil {
					return kernels.Weights{}, Unusable(err)
				}
				return kernels.NewWeights(dev, t)
			})
			if err != nil {
				return nil, err
			}
			*p.of(&layers[i]) = w
		}
	}
	return layers, nil
}

// weightsOf names weights that come from a checkpoint.
type weightsOf struct {
	folder         string
	layer, experts int
	part           part
}

// fits reports a matrix that is no longer what its header was when the
// configuration was resolved.
func (r Resolved) fits(t *quant.Tensor, p part, layer int) error {
	experts, n, k := p.shape(r.Model, r.Experts)
	if t.Format != r.formats[layer][p] || t.Experts != experts || t.N != n || t.K != k {
		return fmt.Errorf("checkpoint %s: %s of layer %d is [%d,%d,%d] %s and was [%d,%d,%d] %s: the folder has changed",
			r.Folder, p, layer, t.Experts, t.N, t.K, t.Format, experts, n, k, r.formats[layer][p])
	}
	return nil
}

// Unusable is a fault of the checkpoint: no second try would find another one.
func Unusable(err error) error {
	return sdk.Diagnostic{Path: "model", Code: "bad_model", Summary: "checkpoint cannot be used", Detail: err.Error()}
}
