package devicetest

import (
	"bytes"
	"fmt"
	"math"

	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/dtype"
	"github.com/assay-bench/assay/metal/kernels"
	"github.com/assay-bench/assay/metal/reference"
)

// randomCache: tokens that are put into a cache stand where they belong, and all other
// positions are as they were.
func randomCache(s *suite) {
	for _, dt := range s.o.DTypes {
		for _, v := range []struct {
			m, h, kv, d, stride int
			norm                bool
		}{{1, 1, 1, 64, 1, true}, {1, 32, 4, 128, 9, true}, {7, 4, 2, 96, 31, false}, {33, 3, 3, 40, 33, true}, {2, 2, 1, 256, 50, false}} {
			s.check(fmt.Sprintf("random cache %d %s", v.d, dt), func(c *scope) {
				r := s.rng(c.name)
				x := c.cached(r, dt, v.m, v.kv, v.d, v.stride)
				a := kernels.CacheAppend{
					K: x.k, V: x.v, At: x.at, Keys: x.keys.arg, Values: x.values.arg, M: v.m, KV: v.kv, D: v.d, Stride: v.stride, DType: dt,
				}
				c.run(func() ([]metal.Dispatch, error) { return s.set.CacheAppend(a) })
				x.holds(c, dt, x.keys, widened(x.ks), 0)
				x.holds(c, dt, x.values, widened(x.vs), 0)

				x = c.cached(r, dt, v.m, v.kv, v.d, v.stride)
				qs, qw, kw := r.values(v.m*v.h*v.d, dt), r.values(v.d, dt), r.values(v.d, dt)
				y := c.out(dt.Size(), len(qs))
				b := kernels.RopeCache{
					Q: c.up(dt, qs), K: x.k, V: x.v, At: x.at, Y: y.arg, Keys: x.keys.arg, Values: x.values.arg,
					M: v.m, H: v.h, KV: v.kv, D: v.d, Stride: v.stride, Base: 1e4, Scale: 0.5, Eps: 1e-6, DType: dt,
				}
				if v.norm {
					b.QNorm, b.KNorm = c.up(dt, qw), c.up(dt, kw)
				} else {
					qw, kw = nil, nil
				}
				c.run(func() ([]metal.Dispatch, error) { return s.set.RopeCache(b) })
				if c.err != nil {
					return
				}
				want, err := turned(qs, qw, v.h, v.d, x.first)
				c.near("queries", y.floats(dt), want, dt, ropeTolerance(dt, v.stride))
				keys, keysErr := turned(x.ks, kw, v.kv, v.d, x.first)
				c.fault(firstOf(err, keysErr))
				x.holds(c, dt, x.keys, keys, ropeTolerance(dt, v.stride))
				x.holds(c, dt, x.values, widened(x.vs), 0)
				s.report.Random++
			})
		}
		s.check("random sdpa in parts "+dt.String(), func(c *scope) {
			r := s.rng(c.name)
			for _, v := range []struct{ h, kv, d, stride, at int }{
				{1, 1, 64, 1, 0}, {8, 8, 64, 40, 39}, {32, 4, 128, 600, 0}, {32, 4, 128, 600, 333}, {18, 2, 256, 70, 50}, {6, 3, 96, 9000, 8000},
			} {
				parts, sums := s.set.SplitBytes(v.h, v.d, v.stride)
				if parts == 0 {
					return // this device has no use for parts
				}
				q, k, values := r.values(v.h*v.d, dt), r.values(v.kv*v.stride*v.d, dt), r.values(v.kv*v.stride*v.d, dt)
				out := c.out(dt.Size(), v.h*v.d)
				scale := float32(1 / math.Sqrt(float64(v.d)))
				a := kernels.SDPA{
					Q: c.up(dt, q), Keys: c.up(dt, k), Values: c.up(dt, values), At: c.indices([]uint32{uint32(v.at)}), Out: out.arg,
					Parts: c.out(1, parts).arg, Sums: c.out(1, sums).arg,
					M: 1, H: v.h, KV: v.kv, D: v.d, Stride: v.stride, Scale: scale, DType: dt,
				}
				c.run(func() ([]metal.Dispatch, error) { return s.set.SDPA(a) })
				if c.err != nil {
					return
				}
				want, err := reference.SDPA(reference.Attention{
					Q: q, K: k, V: values, M: 1, H: v.h, KV: v.kv, D: v.d, Stride: v.stride, At: v.at, Scale: float64(scale),
				})
				c.random(fmt.Sprintf("%d heads over %d of %d positions", v.h, v.at+1, v.stride), out.floats(dt), want, err, dt)
			}
		})
	}
}

// cached is tokens and the caches that they are put into.
type cached struct {
	m, kv, d, stride, first int
	ks, vs                  []float32
	k, v, at                metal.Arg
	keys, values            *output
}

func (c *scope) cached(r rng, dt dtype.DType, m, kv, d, stride int) *cached {
	x := &cached{m: m, kv: kv, d: d, stride: stride, first: r.IntN(stride - m + 1)}
	x.ks, x.vs = r.values(m*kv*d, dt), r.values(m*kv*d, dt)
	x.k, x.v, x.at = c.up(dt, x.ks), c.up(dt, x.vs), c.indices([]uint32{uint32(x.first)})
	x.keys, x.values = c.out(dt.Size(), kv*stride*d), c.out(dt.Size(), kv*stride*d)
	return x
}

// holds compares the positions of a cache that were written, to the bit where the
// tolerance is 0, and looks for others that were.
func (x *cached) holds(c *scope, dt dtype.DType, cache *output, want []float64, tolerance float64) {
	if c.err != nil {
		return
	}
	row := x.d * dt.Size()
	var got []float32
	for i := range x.m * x.kv {
		m, h := i/x.kv, i%x.kv
		at := cache.data[(h*x.stride+x.first+m)*row:][:row]
		values, err := dt.Floats(at)
		if err != nil {
			c.fault(err)
			return
		}
		got = append(got, values...)
		copy(at, bytes.Repeat([]byte{0xff}, row))
	}
	if off := reference.MaxError(got, want); !(off <= tolerance) {
		c.fault(fmt.Errorf("%d tokens at %d of %d positions are off by %.3g of the largest, may be %.3g", x.m, x.first, x.stride, off, tolerance))
	}
	if !bytes.Equal(cache.data, bytes.Repeat([]byte{0xff}, len(cache.data))) {
		c.fault(fmt.Errorf("%d tokens at %d of %d positions changed others", x.m, x.first, x.stride))
	}
	c.s.report.Random++
}

// turned is rope at scale 0.5 of heads that are normalised, where there are weights.
func turned(x, weight []float32, h, d, at int) ([]float64, error) {
	if weight != nil {
		normed, err := reference.RMSNorm(x, weight, 1e-6)
		if err != nil {
			return nil, err
		}
		x = make([]float32, len(normed))
		for i, v := range normed {
			x[i] = float32(v)
		}
	}
	return reference.Rope(x, h, d, at, 1e4, 0.5)
}

func widened(x []float32) []float64 {
	out := make([]float64, len(x))
	for i, v := range x {
		out[i] = float64(v)
	}
	return out
}
