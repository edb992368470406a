package moe

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"

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

// fromFolder is the shape of a checkpoint's MoE layers. A shared expert is left
// out: what is measured is the routed part.
func fromFolder(dir string) (m Model, bits, group int, err error) {
	c, err := quant.OpenCheckpoint(dir)
	if err != nil {
		return m, 0, 0, err
	}
	defer c.Close()
	g := c.Config
	m = Model{
		Name: filepath.Base(filepath.Clean(dir)), Folder: dir, Layers: len(c.BlockLayers()),
		Hidden: g.Hidden, Experts: g.Experts, TopK: g.TopK, Inter: g.ExpertInner,
	}
	for _, need := range []struct {
		name string
		v    int
	}{
		{"layers with switch_mlp weights", m.Layers},
		{"hidden_size", m.Hidden},
		{"num_experts", m.Experts},
		{"num_experts_per_tok", m.TopK},
		{"moe_intermediate_size", m.Inter},
	} {
		if need.v < 1 {
			return m, 0, 0, fmt.Errorf("checkpoint %s: it has no %s: it is no mixture-of-experts model that this plugin knows", dir, need.name)
		}
	}
	return m, g.Bits, g.Group, nil
}

// load takes the first layers of a checkpoint, the first experts of each.
func load(l *kernels.Lease, r Resolved, down bool) ([]Layer, error) {
	c, err := quant.OpenCheckpoint(r.Folder)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	layers := make([]Layer, r.Layers)
	for i, number := range c.BlockLayers()[:r.Layers] {
		block := sync.OnceValues(func() (*quant.Block, error) { return c.Block(number) })
		var failed error
		take := func(part string, of func(*quant.Block) *quant.Tensor) kernels.Weights {
			if failed != nil {
				return kernels.Weights{}
			}
			w, err := l.Take(stored{r.Folder, number, r.Experts, part}, func(dev metal.Device) (kernels.Weights, error) {
				b, err := block()
				if err != nil {
					return kernels.Weights{}, err
				}
				t := of(b)
				if err := r.fits(t, part, number); err != nil {
					return kernels.Weights{}, err
				}
				return kernels.NewWeights(dev, t.Slice(0, r.Experts))
			})
			failed = err
			return w
		}
		layers[i].Gate = take("gate", func(b *quant.Block) *quant.Tensor { return b.Gate })
		layers[i].Up = take("up", func(b *quant.Block) *quant.Tensor { return b.Up })
		if down {
			layers[i].Down = take("down", func(b *quant.Block) *quant.Tensor { return b.Down })
		}
		if failed != nil {
			return nil, failed
		}
	}
	return layers, nil
}

// stored names weights that come from a checkpoint.
type stored struct {
	folder         string
	layer, experts int
	part           string
}

// fits reports a stored matrix that differs from what the configuration says.
func (r Resolved) fits(t *quant.Tensor, part string, layer int) error {
	if t.Format != r.Format {
		return sdk.Diagnostic{
			Path: "model", Code: "checkpoint_format", Summary: "the checkpoint is stored in another format",
			Detail: fmt.Sprintf("%s of layer %d is %s, the configuration says %s: set bits, group_size and dtype to the checkpoint's, or use fewer layers",
				part, layer, t.Format, r.Format),
		}
	}
	if t.Experts < r.Experts {
		return errors.New("checkpoint " + r.Folder + ": config.json promises more experts than are stored")
	}
	return nil
}
