package kernels

import (
	"fmt"
	"math"
	"slices"

	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/quant"
)

// call is one use of an op, which its builder gives the arguments in the order of
// their declaration. The first fault is kept.
type call struct {
	set     *Set
	op      *Op
	mode    Mode
	format  quant.Format
	block   []byte
	args    []metal.Arg
	operand int
	err     error
}

// call begins one use of an op. The format is that of the weights or, of an op
// without, the activations' type alone.
func (o decl[P]) call(s *Set, f quant.Format, p P) call { return s.begin(o.Op, f, Bytes(p)) }

// Operand is one argument: weights where the op declares them.
type Operand struct {
	metal.Arg
	Weights *Weights
}

// Build builds any op, given its arguments in the order of their declaration. The
// mode is that of an op that rounds, empty for others. Plugins have a method for
// each op, which says what its parameters are.
func (s *Set) Build(o *Op, m Mode, f quant.Format, block []byte, operands []Operand) ([]metal.Dispatch, error) {
	c := s.begin(o, f, block)
	if len(operands) != len(o.Arguments) {
		c.fail(fmt.Errorf("%d arguments, want %d", len(operands), len(o.Arguments)))
		return nil, c.err
	}
	if o.Rounds {
		c.rounded(m)
	}
	for i := range operands {
		if o.Arguments[i].Type == Quantized {
			c.weights(operands[i].Weights)
		} else {
			c.bind(operands[i].Arg)
		}
	}
	return c.dispatch()
}

func (s *Set) begin(o *Op, f quant.Format, block []byte) call {
	c := call{set: s, op: o, format: f, block: block, args: make([]metal.Arg, 0, 12)}
	err := o.Takes(f)
	if err == nil {
		err = o.Check(block)
	}
	for i := range o.Arguments {
		if err == nil {
			err = o.Arguments[i].columns(f, c.block)
		}
	}
	c.fail(err)
	return c
}

func (c *call) fail(err error) {
	if c.err == nil && err != nil {
		c.err = fmt.Errorf("%s: %w", c.op.Name, err)
	}
}

// bind gives the next arguments.
func (c *call) bind(args ...metal.Arg) {
	for i := range args {
		a := &c.op.Arguments[c.operand]
		c.operand++
		if c.err == nil {
			c.fail(a.holds(c.format, 0, c.block, 1, &args[i]))
		}
	}
	c.args = append(c.args, args...)
}

// weights gives the next argument, which is weights.
func (c *call) weights(w *Weights) {
	a := &c.op.Arguments[c.operand]
	c.operand++
	if c.err == nil {
		c.fail(a.fits(c.format, c.block, w))
	}
	if c.err != nil {
		return
	}
	for _, p := range c.format.Planes() {
		arg := w.Plane(p)
		c.fail(a.holds(c.format, p, c.block, w.N, arg))
		c.args = append(c.args, *arg)
	}
}

// fits checks that weights have the format and extents of the call. What the
// parameters do not say is the number of rows.
func (a *Argument) fits(f quant.Format, block []byte, w *Weights) error {
	if w == nil {
		return fmt.Errorf("%s is not set", a.Name)
	}
	have := [...]int{w.Experts, w.N, w.K}
	for i, d := range a.dims {
		if have[i] != d.of(block, w.N) || w.Format != f {
			return fmt.Errorf("%s is %v %s, want %v %s", a.Name, have, w.Format, a.Extents(block, w.N), f)
		}
	}
	if w.N < 1 || w.N > math.MaxInt32 {
		return fmt.Errorf("%s has %d rows, want 1 to %d", a.Name, w.N, math.MaxInt32)
	}
	return nil
}

// rounded chooses the kernel of a mode.
func (c *call) rounded(m Mode) {
	c.mode = m
	if !slices.Contains(Modes[:], m) {
		c.fail(fmt.Errorf("combine mode %q, want one of %v", string(m), Modes))
	}
}

// dispatch is the one dispatch that computes the op.
func (c *call) dispatch() ([]metal.Dispatch, error) {
	if c.err != nil {
		return nil, c.err
	}
	l := c.op.spread(c.set.kind, c.format, c.block)
	k, err := c.set.kernel(Kernel{c.op, c.mode, l.Variant, c.format})
	if err != nil {
		return nil, err
	}
	return []metal.Dispatch{{
		Kernel: k, Args: append(c.args, metal.Arg{Bytes: c.block}),
		Grid: l.Grid, Threadgroup: l.Threadgroup,
	}}, nil
}
