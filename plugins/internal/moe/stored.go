package moe

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/assay-bench/assay/metal/quant"
)

// stored is what the headers of a checkpoint say of its MoE layers.
type stored struct {
	Model
	numbers []int     // of the layers with experts
	formats []Formats // of each
	family  family
}

// fromFolder reads a checkpoint's shape, and holds config.json against its tensors.
func fromFolder(dir string) (s stored, err error) {
	c, err := quant.OpenCheckpoint(dir)
	if err != nil {
		return s, err
	}
	defer c.Close()
	if s, err = read(c, dir); err != nil && !strings.HasPrefix(err.Error(), "checkpoint ") {
		err = fmt.Errorf("checkpoint %s: %w", dir, err)
	}
	return s, err
}

func read(c *quant.Checkpoint, dir string) (s stored, err error) {
	modelType, err := c.Config.Text("model_type")
	if err != nil {
		return s, err
	}
	f := familyOf(modelType)
	numbers, all := f.layers(c)
	if len(numbers) == 0 {
		return s, fmt.Errorf("no layer has tensors of %s: it is no mixture-of-experts model that this plugin knows (model_type %.40q; known are %s)",
			f.experts, modelType, strings.Join(knownTypes(), ", "))
	}
	s = stored{Model: Model{Name: filepath.Base(filepath.Clean(dir)), Folder: dir, Layers: len(numbers)}, numbers: numbers, family: f}
	for i, number := range numbers {
		formats, err := s.layer(c, f, number, i == 0)
		if err != nil {
			return s, err
		}
		s.formats = append(s.formats, formats)
	}
	return s, s.agree(c, f, all)
}

// layer reads the headers of one layer. The first one says what the shapes of all
// are.
func (s *stored) layer(c *quant.Checkpoint, f family, number int, first bool) (formats Formats, err error) {
	for p := gate; p < f.parts(); p++ {
		have, err := c.Stored(f.prefix(number, p))
		if err != nil {
			return formats, err
		}
		switch {
		case first && p == gate:
			s.Experts, s.Inter, s.Hidden = have.Experts, have.N, have.K
		case first && p == sharedGate:
			s.Shared = have.N / s.Inter
		}
		if experts, n, k := p.shape(s.Model, s.Experts); have.Experts != experts || have.N != n || have.K != k {
			return formats, fmt.Errorf("%s is %s, which does not fit the [%d,%d,%d] of the first layer's gate_proj: want [%d,%d,%d]",
				f.prefix(number, p), have, s.Experts, s.Inter, s.Hidden, experts, n, k)
		}
		if have.DType != formats[gate].DType && p > gate {
			return formats, fmt.Errorf("%s is %s, the layer's gate_proj %s: one type is needed", f.prefix(number, p), have.Format, formats[gate])
		}
		formats[p] = have.Format
	}
	if !first && formats[gate].DType != s.formats[0][gate].DType {
		return formats, fmt.Errorf("layer %d is of %s, layer %d of %s: one type is needed", number, formats[gate].DType, s.numbers[0], s.formats[0][gate].DType)
	}
	return formats, nil
}

// parts is how many of a layer the family has.
func (f family) parts() part {
	if f.shared == "" {
		return sharedGate
	}
	return parts
}

// agree reports where config.json says something else than the tensors.
func (s *stored) agree(c *quant.Checkpoint, f family, all int) error {
	for _, need := range []struct {
		key  string
		have int
	}{{f.count, s.Experts}, {"hidden_size", s.Hidden}, {f.inner, s.Inter}} {
		n, err := c.Config.Int(need.key)
		if err != nil {
			return err
		}
		if n > 0 && n != need.have {
			return fmt.Errorf("config.json says %s %d, the tensors have %d", need.key, n, need.have)
		}
	}
	layers, err := c.Config.Int("num_hidden_layers")
	if err != nil {
		return err
	}
	if layers > all {
		return fmt.Errorf("config.json says num_hidden_layers %d, there are tensors of %d", layers, all)
	}
	if s.TopK, err = c.Config.Int("num_experts_per_tok"); err != nil {
		return err
	}
	switch {
	case s.TopK == 0:
		return errors.New("config.json has no num_experts_per_tok")
	case s.TopK > s.Experts:
		return fmt.Errorf("config.json says num_experts_per_tok %d, there are %d experts", s.TopK, s.Experts)
	}
	return nil
}
