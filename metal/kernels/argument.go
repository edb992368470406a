package kernels

import (
	"fmt"
	"math"
	"math/bits"

	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/quant"
)

// planes are the buffers of an argument, one where it is not weights.
func (a *Argument) planes(f quant.Format) []quant.Plane {
	if a.Type == Quantized {
		return f.Planes()
	}
	return single
}

var single = []quant.Plane{0}

// Binding is the name of an argument's buffer in kernels and messages.
func (a *Argument) Binding(p quant.Plane) string {
	if a.Type != Quantized {
		return a.Name
	}
	name := p.String()
	if p == quant.Codes {
		name = "w"
	}
	if a.Name == "w" {
		return name
	}
	return a.Name + "_" + name
}

// width is the size of an element of one of the argument's buffers.
func (a *Argument) width(f quant.Format, p quant.Plane) int {
	switch a.Type {
	case Activations:
		return f.DType.Size()
	case Quantized:
		return f.ElementBytes(p)
	}
	return 4
}

func (a *Argument) align(f quant.Format, p quant.Plane) int {
	if a.Type == Quantized {
		return f.Alignment(p)
	}
	return max(a.Align, a.width(f, p))
}

// bytes is what a kernel with these parameters touches of one of the argument's
// buffers at most. free stands for an extent that the parameters do not say. A
// product that overflows is math.MaxInt, which no buffer has.
func (a *Argument) bytes(f quant.Format, p quant.Plane, block []byte, free int) int {
	last := len(a.dims) - 1
	n := 1
	for i, d := range a.dims {
		v := d.of(block, free)
		switch {
		case i == last && a.Type == Quantized:
			return mul(n, f.PlaneBytes(p, v))
		default:
			n = mul(n, v)
		}
	}
	return mul(n, a.width(f, p))
}

func mul(a, b int) int {
	hi, lo := bits.Mul64(uint64(a), uint64(b))
	if hi != 0 || lo > math.MaxInt {
		return math.MaxInt
	}
	return int(lo)
}

// Extents are the argument's, with free for one that the parameters do not say.
func (a *Argument) Extents(block []byte, free int) []int {
	out := make([]int, len(a.dims))
	for i, d := range a.dims {
		out[i] = d.of(block, free)
	}
	return out
}

// Limit is what an argument's indices stay below.
func (a *Argument) Limit(block []byte, free int) int { return a.below.of(block, free) }

// columns checks that rows of weights divide into the format's groups.
func (a *Argument) columns(f quant.Format, block []byte) error {
	if a.Type != Quantized {
		return nil
	}
	if err := f.Check(a.dims[len(a.dims)-1].of(block, 1)); err != nil {
		return fmt.Errorf("%s: %w", a.Binding(quant.Codes), err)
	}
	return nil
}

// holds checks what is bound to one of the argument's buffers.
func (a *Argument) holds(f quant.Format, p quant.Plane, block []byte, free int, arg *metal.Arg) error {
	have := len(arg.Bytes)
	switch {
	case arg.Buffer != nil:
		have = arg.Buffer.Len() - arg.Offset
	case arg.Bytes == nil:
		return fmt.Errorf("%s is not set", a.Binding(p))
	case a.Out:
		return fmt.Errorf("%s must be a buffer: the kernel writes it", a.Binding(p))
	case have > maxInline:
		return fmt.Errorf("%s: %d inline bytes, at most %d can be copied at encode time: use a buffer", a.Binding(p), have, maxInline)
	}
	need := a.bytes(f, p, block, free)
	switch align := a.align(f, p); {
	case arg.Offset < 0 || arg.Offset%align != 0:
		return fmt.Errorf("%s: offset %d is not a multiple of %d bytes", a.Binding(p), arg.Offset, align)
	case a.Type == Quantized && need != math.MaxInt && need/a.width(f, p) > math.MaxUint32:
		return fmt.Errorf("%s: shape %v has more elements than kernels can index with 32 bits", a.Binding(p), a.Extents(block, free))
	case need == math.MaxInt:
		return fmt.Errorf("%s: shape %v is too large", a.Binding(p), a.Extents(block, free))
	case have < need:
		return fmt.Errorf("%s: shape %v needs %d bytes, the buffer has %d after offset %d",
			a.Binding(p), a.Extents(block, free), need, max(have, 0), arg.Offset)
	}
	return nil
}

const maxInline = 4096 // bytes of an argument that Metal copies
