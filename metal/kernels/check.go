package kernels

import (
	"fmt"
	"math"

	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/dtype"
	"github.com/assay-bench/assay/metal/quant"
)

// checker collects the first fault of an op's arguments.
type checker struct {
	op  string
	err error
}

func (c *checker) failf(format string, args ...any) {
	if c.err == nil {
		c.err = fmt.Errorf("%s: "+format, append([]any{c.op}, args...)...)
	}
}

// size checks one extent: positive and fit for a 32-bit parameter.
func (c *checker) size(name string, v int) {
	if v <= 0 || v > math.MaxInt32 {
		c.failf("%s is %d, want 1 to %d", name, v, math.MaxInt32)
	}
}

func (c *checker) dtype(dt dtype.DType) {
	if dt > dtype.BF16 {
		c.failf("unknown activation type %s", dt)
	}
}

// in checks that an input argument holds the product of dims elements of width bytes.
func (c *checker) in(name string, a metal.Arg, width int, dims ...int) {
	if c.err != nil {
		return
	}
	need := width
	for _, d := range dims {
		if d > 0 && need > math.MaxInt/d {
			c.failf("%s: shape %v is too large", name, dims)
			return
		}
		need *= d
	}
	c.span(name, a, width, need, dims)
}

func (c *checker) span(name string, a metal.Arg, width, need int, dims []int) {
	have := len(a.Bytes)
	switch {
	case a.Buffer != nil:
		have = a.Buffer.Len() - a.Offset
	case a.Bytes == nil:
		c.failf("%s is not set", name)
		return
	case len(a.Bytes) > 4096:
		c.failf("%s: %d inline bytes, at most 4096 can be copied at encode time: use a buffer", name, len(a.Bytes))
		return
	}
	switch {
	case a.Offset < 0 || a.Offset%width != 0:
		c.failf("%s: offset %d is not a multiple of its element's %d bytes", name, a.Offset, width)
	case have < need:
		c.failf("%s: shape %v needs %d bytes, the buffer has %d after offset %d", name, dims, need, max(have, 0), a.Offset)
	}
}

// rowAlign is what kernels need of the offset of x: they read 16 bytes at once.
const rowAlign = 16

// aligned checks a buffer offset that kernels rely on beyond the element's size.
func (c *checker) aligned(name string, a metal.Arg, bytes int) {
	if a.Offset%bytes != 0 {
		c.failf("%s: offset %d is not a multiple of %d bytes", name, a.Offset, bytes)
	}
}

// out is in for an argument that is written.
func (c *checker) out(name string, a metal.Arg, width int, dims ...int) {
	if c.err == nil && a.Buffer == nil {
		c.failf("%s must be a buffer: the kernel writes it", name)
	}
	c.in(name, a, width, dims...)
}

// weights checks a quantized operand. experts 0 accepts any number of them.
func (c *checker) weights(name string, w Weights, experts int) {
	if c.err != nil {
		return
	}
	if err := w.Format().Check(w.K); err != nil {
		c.failf("%s: %w", name, err)
		return
	}
	c.size(name+".N", w.N)
	c.size(name+".Experts", w.Experts)
	if c.err != nil {
		return
	}
	if experts != 0 && w.Experts != experts {
		c.failf("%s has %d experts, want %d", name, w.Experts, experts)
	}
	words := w.K / 32 * w.Bits
	if float64(w.Experts)*float64(w.N)*float64(words) > math.MaxUint32 {
		c.failf("%s: [%d,%d,%d] has more words than kernels can index with 32 bits", name, w.Experts, w.N, w.K)
	}
	c.in(name+".Packed", w.Packed, 4, w.Experts, w.N, words)
	c.aligned(name+".Packed", w.Packed, 4*w.Bits) // 32 codes
	c.in(name+".Scales", w.Scales, w.DType.Size(), w.Experts, w.N, w.K/w.Group)
	c.in(name+".Biases", w.Biases, w.DType.Size(), w.Experts, w.N, w.K/w.Group)
}

// pair checks that gate and up are alike.
func (c *checker) pair(gate, up Weights, experts int) {
	c.weights("Gate", gate, experts)
	c.weights("Up", up, experts)
	if gate.Format() != up.Format() || gate.Experts != up.Experts || gate.N != up.N || gate.K != up.K {
		c.failf("Gate is [%d,%d,%d] %s but Up is [%d,%d,%d] %s",
			gate.Experts, gate.N, gate.K, gate.Format(), up.Experts, up.N, up.K, up.Format())
	}
}

func (c *checker) mode(m Mode) {
	switch m {
	case FP32, FP32NoFMA, Exact:
	default:
		c.failf("combine mode %q, want %s, %s or %s", string(m), FP32, FP32NoFMA, Exact)
	}
}

// Format is how the weights are stored.
func (w Weights) Format() quant.Format {
	return quant.Format{Bits: w.Bits, Group: w.Group, DType: w.DType}
}
