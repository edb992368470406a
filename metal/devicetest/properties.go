package devicetest

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/dtype"
	"github.com/assay-bench/assay/metal/kernels"
	"github.com/assay-bench/assay/metal/quant"
	"github.com/assay-bench/assay/metal/reference"
)

// properties need no reference: what must hold between two runs of one op.
func properties(s *suite) {
	for _, dt := range s.o.DTypes {
		f := quant.Format{Bits: s.o.Bits[len(s.o.Bits)/2], Group: s.o.Groups[0], DType: dt}
		for _, tokens := range []int{1, 40} {
			s.check(fmt.Sprintf("experts renumbered tokens=%d %s", tokens, f), func(c *scope) { renumbered(c, f, tokens) })
		}
		s.check("add_rms_norm in place "+dt.String(), func(c *scope) { inPlace(c, dt) })
		if dt == dtype.F32 {
			s.check("linearity "+f.String(), func(c *scope) { linear(c, f) })
		}
	}
}

// renumbered: the same experts stored in another order, with the indices
// changed to match, give the same bits.
func renumbered(c *scope, f quant.Format, tokens int) {
	const experts, topK = 6, 3
	s, dt := c.s, f.DType
	r := s.rng(c.name)
	n, k := r.shape(f)
	w := r.weights(c, f, experts, n, k)
	order := r.Perm(experts)
	moved, err := quant.New(f, experts, n, k)
	if err != nil {
		c.fault(err)
		return
	}
	for from, to := range order {
		for _, p := range f.Planes() {
			copy(*moved.Expert(to).Plane(p), *w.Expert(from).Plane(p))
		}
	}
	rhs := r.indices(tokens*topK, experts)
	movedRHS := make([]uint32, len(rhs))
	lhs := make([]uint32, len(rhs))
	for i, e := range rhs {
		movedRHS[i] = uint32(order[e])
		lhs[i] = uint32(i / topK)
	}
	one, two := c.out(dt.Size(), len(rhs)*n), c.out(dt.Size(), len(rhs)*n)
	a := kernels.GatherQMM{
		X: c.up(dt, r.values(tokens*k, dt)), LHS: c.indices(lhs), RHS: c.indices(rhs), Y: one.arg, W: c.weights(w),
		Pairs: len(rhs), M: 1, Rows: tokens,
	}
	b := a
	b.RHS, b.W, b.Y = c.indices(movedRHS), c.weights(moved), two.arg
	c.run(func() ([]metal.Dispatch, error) { return s.set.GatherQMM(a) },
		func() ([]metal.Dispatch, error) { return s.set.GatherQMM(b) })
	if c.err == nil && !bytes.Equal(one.data, two.data) {
		c.fault(errors.New("renumbering the experts changes the result"))
	}
	s.report.Random++
}

// inPlace: the sum may take the place of what is added to it.
func inPlace(c *scope, dt dtype.DType) {
	const m, d = 3, 1000
	s, r := c.s, c.s.rng(c.name)
	x, weight, h := c.up(dt, r.values(m*d, dt)), c.up(dt, r.values(d, dt)), r.values(m*d, dt)
	sum, y := c.out(dt.Size(), m*d), c.out(dt.Size(), m*d)
	a := kernels.AddRMSNorm{X: x, Residual: c.up(dt, h), Weight: weight, Sum: sum.arg, Y: y.arg, M: m, D: d, Eps: 1e-6, DType: dt}
	c.run(func() ([]metal.Dispatch, error) { return s.set.AddRMSNorm(a) })
	again := c.out(dt.Size(), m*d)
	a.Residual = c.up(dt, h)
	a.Sum, a.Y = a.Residual, again.arg
	if c.err != nil {
		return
	}
	list, err := s.set.AddRMSNorm(a)
	if err == nil {
		_, err = s.dev.Submit(s.ctx, list) // once: it changes its input
	}
	if err != nil {
		c.fault(err)
		return
	}
	got := make([]byte, sum.size)
	if err := a.Sum.Buffer.Read(0, got); err != nil {
		c.fault(err)
	}
	if !bytes.Equal(got, sum.data) || !bytes.Equal(c.read(again), y.data) {
		c.fault(errors.New("in place the result is another"))
	}
	s.report.Random++
}

// linear: f(2x+y) = 2·f(x) + f(y), within float32's rounding.
func linear(c *scope, f quant.Format) {
	s, dt := c.s, f.DType
	r := s.rng(c.name)
	n, k := r.shape(f)
	w := c.weights(r.weights(c, f, 1, n, k))
	x, y := r.values(k, dtype.BF16), r.values(k, dtype.BF16) // few bits: 2x+y is nearly exact
	both := make([]float32, k)
	for i := range both {
		both[i] = 2*x[i] + y[i]
	}
	var got [3]*output
	var built []func() ([]metal.Dispatch, error)
	for i, v := range [][]float32{x, y, both} {
		got[i] = c.out(dt.Size(), n)
		in := c.up(dt, v)
		built = append(built, func() ([]metal.Dispatch, error) {
			return s.set.QuantizedMatmul(kernels.QuantizedMatmul{X: in, Y: got[i].arg, W: w, M: 1})
		})
	}
	c.run(built...)
	fx, fy := got[0].floats(dt), got[1].floats(dt)
	sum := make([]float64, len(fx))
	for i := range sum {
		sum[i] = 2*float64(fx[i]) + float64(fy[i])
	}
	c.near("f(2x+y) against 2f(x)+f(y)", got[2].floats(dt), sum, dt, 2*reference.Tolerance(dt))
	s.report.Random++
}
