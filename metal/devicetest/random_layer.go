package devicetest

import (
	"fmt"
	"math"

	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/dtype"
	"github.com/assay-bench/assay/metal/kernels"
	"github.com/assay-bench/assay/metal/reference"
)

// randomLayer is the rest of a decoder layer, on rows from one element to more
// than any threadgroup.
func randomLayer(s *suite) {
	for _, dt := range s.o.DTypes {
		for _, n := range []int{1, 7, 768, 4097} {
			s.check(fmt.Sprintf("random elementwise n=%d %s", n, dt), func(c *scope) { elementwise(c, n, dt) })
		}
		for _, d := range []int{1, 5, 128, 1000, 2048, 5003} {
			s.check(fmt.Sprintf("random rows d=%d %s", d, dt), func(c *scope) { rowOps(c, d, dt) })
		}
		for _, v := range []struct{ h, l, d, offset int }{{1, 1, 2, 5}, {3, 4, 64, 0}, {4, 1, 128, 900}, {2, 33, 96, 7}} {
			s.check(fmt.Sprintf("random rope %+v %s", v, dt), func(c *scope) {
				x := s.rng(c.name).values(v.h*v.l*v.d, dt)
				y := c.out(dt.Size(), len(x))
				a := kernels.Rope{X: c.up(dt, x), Y: y.arg, H: v.h, L: v.l, D: v.d, Offset: v.offset, Base: 1e4, Scale: 0.5, DType: dt}
				c.run(func() ([]metal.Dispatch, error) { return s.set.Rope(a) })
				ref, err := reference.Rope(x, v.l, v.d, v.offset, 1e4, 0.5)
				if err != nil {
					c.fault(err)
				}
				c.near("rope", y.floats(dt), ref, dt, ropeTolerance(dt, v.offset+v.l))
				s.report.Random++
			})
		}
		for _, v := range []struct{ h, kv, l, stride, d int }{
			{1, 1, 1, 1, 64}, {8, 8, 5, 9, 64}, {32, 4, 300, 512, 128}, {4, 2, 33, 40, 96}, {32, 8, 70, 70, 64},
		} {
			s.check(fmt.Sprintf("random sdpa %+v %s", v, dt), func(c *scope) {
				r := s.rng(c.name)
				q, k, val := r.values(v.h*v.d, dt), r.values(v.kv*v.stride*v.d, dt), r.values(v.kv*v.stride*v.d, dt)
				for i := range k { // what lies beyond L must not be read into the result
					if i/v.d%v.stride >= v.l {
						k[i], val[i] = float32(math.NaN()), float32(math.NaN())
					}
				}
				out := c.out(dt.Size(), v.h*v.d)
				scale := float32(1 / math.Sqrt(float64(v.d)))
				a := kernels.SDPA{
					Q: c.up(dt, q), K: c.up(dt, k), V: c.up(dt, val), Out: out.arg,
					H: v.h, KV: v.kv, L: v.l, KVStride: v.stride, D: v.d, Scale: scale, DType: dt,
				}
				c.run(func() ([]metal.Dispatch, error) { return s.set.SDPA(a) })
				ref, err := reference.SDPA(reference.Attention{Q: q, K: k, V: val, H: v.h, KV: v.kv, L: v.l, D: v.d, Stride: v.stride, Scale: float64(scale)})
				c.random("sdpa", out.floats(dt), ref, err, dt)
			})
		}
	}
}

func elementwise(c *scope, n int, dt dtype.DType) {
	r := c.s.rng(c.name)
	a, b := r.values(n, dt), r.values(n, dt)
	sum, y := c.out(dt.Size(), n), c.out(dt.Size(), n)
	gate := append([]float32(nil), a...)
	for i, extreme := range []float32{90, -90, -1e4, 0} { // e^x overflows float32 on the way
		if i+3 < n {
			gate[i+3] = dt.Round(extreme)
		}
	}
	left, right, g := c.up(dt, a), c.up(dt, b), c.up(dt, gate)
	c.run(func() ([]metal.Dispatch, error) {
		return c.s.set.Add(kernels.Add{A: left, B: right, Y: sum.arg, N: n, DType: dt})
	}, func() ([]metal.Dispatch, error) {
		return c.s.set.Swiglu(kernels.Swiglu{Gate: g, Up: right, Y: y.arg, N: n, DType: dt})
	})
	ref, err := reference.Add(a, b)
	c.random("add", sum.floats(dt), ref, err, dt)
	ref, err = reference.Swiglu(gate, b)
	c.random("swiglu", y.floats(dt), ref, err, dt)
}

func rowOps(c *scope, d int, dt dtype.DType) {
	r := c.s.rng(c.name)
	m := r.between(1, 4)
	x, w := r.values(m*d, dt), r.values(d, dt)
	for i := range x {
		x[i] = dt.Round(10 * x[i])
	}
	coarse := make([]float32, len(x)) // many equal largest elements
	for i, v := range x {
		coarse[i] = max(-2, min(2, float32(int(v))))
	}
	soft, norm, best := c.out(dt.Size(), m*d), c.out(dt.Size(), m*d), c.out(4, m)
	in, weight, ties := c.up(dt, x), c.up(dt, w), c.up(dt, coarse)
	c.run(func() ([]metal.Dispatch, error) {
		return c.s.set.Softmax(kernels.Softmax{X: in, Y: soft.arg, M: m, D: d, DType: dt})
	}, func() ([]metal.Dispatch, error) {
		return c.s.set.RMSNorm(kernels.RMSNorm{X: in, Weight: weight, Y: norm.arg, M: m, D: d, Eps: 1e-6, DType: dt})
	}, func() ([]metal.Dispatch, error) {
		return c.s.set.Argmax(kernels.Argmax{X: ties, Index: best.arg, M: m, D: d, DType: dt})
	})
	ref, err := reference.Softmax(x, d)
	c.random("softmax", soft.floats(dt), ref, err, dt)
	ref, err = reference.RMSNorm(x, w, 1e-6)
	c.random("rms_norm", norm.floats(dt), ref, err, dt)
	want, err := reference.Argmax(coarse, d)
	if err != nil {
		c.fault(err)
	}
	if c.err != nil {
		return
	}
	for i, index := range best.uint32s() {
		if index != want[i] {
			c.fault(fmt.Errorf("argmax of row %d is %d, want %d, the first of equals", i, index, want[i]))
			return
		}
	}
	c.s.report.Random++
}
