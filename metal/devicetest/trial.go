package devicetest

import (
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/dtype"
	"github.com/assay-bench/assay/metal/kernels"
	"github.com/assay-bench/assay/metal/quant"
	"github.com/assay-bench/assay/metal/reference"
)

// trial is what an op's declaration does not say of its random test: parameters
// of each shape worth a test, and what the results must be.
type trial struct {
	op     string
	blocks func(r rng, f quant.Format) [][]byte
	change func(d *drawn)                             // the inputs that were drawn, where normal numbers are not enough
	want   func(d *drawn) error                       // fills in the outputs
	loose  func(block []byte, dt dtype.DType) float64 // tolerance, where it is not the type's
}

// drawn is the arguments of one dispatch by their names.
type drawn struct {
	rng
	f       quant.Format
	block   []byte
	mode    kernels.Mode
	floats  map[string][]float32
	indices map[string][]uint32
	weights map[string]*quant.Tensor

	outputs map[string][]float64
	chosen  map[string][]uint32
}

// randomOps runs every op that has a trial, in every format of the options.
func randomOps(s *suite) {
	for _, t := range trials {
		o := opOf(t.op)
		for _, f := range o.Formats() {
			if !slices.Contains(s.o.DTypes, f.DType) || o.Weights() && !s.has(f) {
				continue
			}
			s.check(fmt.Sprintf("random %s %s", o.Name, o.Suffix(f)), func(c *scope) {
				r := s.rng(c.name)
				for _, block := range t.blocks(r, f) {
					c.try(&t, o, f, r, block)
				}
			})
		}
	}
}

func opOf(name string) *kernels.Op {
	all := kernels.All()
	return all[slices.IndexFunc(all, func(o *kernels.Op) bool { return o.Name == name })]
}

// try draws the inputs of one dispatch by the op's declaration, runs it and holds
// its outputs against the reference.
func (c *scope) try(t *trial, o *kernels.Op, f quant.Format, r rng, block []byte) {
	d := &drawn{
		rng: r, f: f, block: block, floats: map[string][]float32{}, indices: map[string][]uint32{}, weights: map[string]*quant.Tensor{},
		outputs: map[string][]float64{}, chosen: map[string][]uint32{},
	}
	if o.Rounds {
		d.mode = modes[r.IntN(len(modes))]
	}
	rows := r.between(9, 70) // of weights, where the parameters do not say
	for i := range o.Arguments {
		if a := &o.Arguments[i]; !a.Out {
			d.draw(c, a, a.Extents(block, rows), a.Limit(block, rows))
		}
	}
	if t.change != nil {
		t.change(d)
	}
	operands := make([]kernels.Operand, len(o.Arguments))
	outs := map[string]*output{}
	for i := range o.Arguments {
		a := &o.Arguments[i]
		switch {
		case a.Out:
			n, width := product(a.Extents(block, rows)), 4
			if a.Type == kernels.Activations {
				width = f.DType.Size()
			}
			outs[a.Name] = c.out(width, n)
			operands[i].Arg = outs[a.Name].arg
		case a.Type == kernels.Quantized:
			w := c.weights(d.weights[a.Name])
			operands[i].Weights = &w
		case a.Type == kernels.Indices:
			operands[i].Arg = c.indices(d.indices[a.Name])
		default:
			operands[i].Arg = c.up(f.DType, d.floats[a.Name])
		}
	}
	c.run(func() ([]metal.Dispatch, error) { return c.s.set.Build(o, d.mode, f, block, operands) })
	if c.err == nil {
		c.err = t.want(d)
	}
	c.judge(t, d, outs)
}

// draw fills one input.
func (d *drawn) draw(c *scope, a *kernels.Argument, extents []int, limit int) {
	n := product(extents)
	switch a.Type {
	case kernels.Quantized:
		d.weights[a.Name] = d.rng.weights(c, d.f, extents[0], extents[1], extents[2])
	case kernels.Indices:
		d.indices[a.Name] = d.rng.indices(n, limit)
	default:
		d.floats[a.Name] = d.values(n, d.f.DType)
	}
}

func (c *scope) judge(t *trial, d *drawn, outs map[string]*output) {
	for name, out := range outs {
		if c.err != nil {
			return
		}
		what := fmt.Sprintf("%s %s, parameters %v", name, d.mode, words(d.block))
		if want, ok := d.chosen[name]; ok {
			if got := out.uint32s(); !slices.Equal(got, want) {
				c.fault(fmt.Errorf("%s: %v, want %v", what, got, want))
			}
		} else {
			tolerance := reference.Tolerance(d.f.DType)
			if t.loose != nil {
				tolerance = t.loose(d.block, d.f.DType)
			}
			c.near(what, out.floats(d.f.DType), d.outputs[name], d.f.DType, tolerance)
		}
		c.s.report.Random++
	}
}

// words are a parameter block's fields, for messages.
func words(block []byte) []uint32 {
	out := make([]uint32, len(block)/4)
	for i := range out {
		out[i] = binary.LittleEndian.Uint32(block[4*i:])
	}
	return out
}

func product(extents []int) int {
	n := 1
	for _, e := range extents {
		n *= e
	}
	return n
}
