package devicetest

import (
	"github.com/assay-bench/assay/metal/devicetest/golden"
	"github.com/assay-bench/assay/metal/dtype"
	"github.com/assay-bench/assay/metal/quant"
)

// tensors reads what a golden check needs; the first fault stays.
type tensors struct {
	*golden.File
	c *scope
}

// open gives a check its golden file. Files are verified once.
func (c *scope) open(name string) tensors {
	f := c.s.files[name]
	if f == nil {
		var err error
		if f, err = golden.Open(name); err != nil {
			c.fault(err)
			return tensors{&golden.File{Name: name}, c}
		}
		c.s.files[name] = f
	}
	return tensors{f, c}
}

func (t tensors) floats(name string) []float32 {
	if t.c.err != nil {
		return nil
	}
	v, err := t.Floats(name)
	if err != nil {
		t.c.fault(err)
	}
	return v
}

func (t tensors) uint32s(name string) []uint32 {
	if t.c.err != nil {
		return nil
	}
	v, err := t.Uint32s(name)
	if err != nil {
		t.c.fault(err)
	}
	return v
}

// quantized reads prefix+wq and what else the format has, of a type.
func (t tensors) quantized(prefix string, f quant.Format, suffix string) *quant.Tensor {
	if t.c.err != nil {
		return nil
	}
	wq, err := t.Tensor(prefix + "wq")
	if err != nil {
		t.c.fault(err)
		return nil
	}
	shape := wq.Shape
	if len(shape) == 2 {
		shape = append([]int{1}, shape...)
	}
	q := &quant.Tensor{Format: f, Experts: shape[0], N: shape[1], K: shape[2] * 32 / f.Bits, Packed: wq.Data}
	for _, p := range f.Planes()[1:] {
		plane, err := t.Tensor(prefix + p.String() + suffix)
		if err != nil {
			t.c.fault(err)
			return nil
		}
		*q.Plane(p) = plane.Data
	}
	return q
}

func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// matmulConfigs are the group sizes and widths of quantized_matmul's file.
func matmulConfigs(dt dtype.DType) []quant.Format {
	var out []quant.Format
	for _, bits := range quant.Affine.Bits() {
		out = append(out, quant.Format{Bits: bits, Group: 64, DType: dt})
	}
	return append(out, quant.Format{Bits: 4, Group: 32, DType: dt}, quant.Format{Bits: 4, Group: 128, DType: dt})
}
