package devicetest

import (
	"fmt"
	"math"

	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/dtype"
	"github.com/assay-bench/assay/metal/kernels"
	"github.com/assay-bench/assay/metal/reference"
)

// ropeTolerance: the angle is a float32 whose rounding grows with the position.
func ropeTolerance(dt dtype.DType, position int) float64 {
	return reference.Tolerance(dt) + 1e-7*float64(position)
}

// swapped is [b,a,d] of [a,b,d]: MLX has heads before positions.
func swapped(x []float32, a, b, d int) []float32 {
	if len(x) != a*b*d {
		return nil // no run, no data
	}
	out := make([]float32, 0, len(x))
	for j := range b {
		for i := range a {
			out = append(out, x[(i*b+j)*d:][:d]...)
		}
	}
	return out
}

func goldenLayer(s *suite) {
	for _, dt := range s.o.DTypes {
		d := dt.String()
		for _, name := range []string{"d128.", "d2048."} {
			s.check("rms_norm "+name+d, func(c *scope) {
				file := c.open("rms_norm")
				x, w := file.floats(name+"x."+d), file.floats(name+"w."+d)
				y := c.out(dt.Size(), len(x))
				a := kernels.RMSNorm{X: c.up(dt, x), Weight: c.up(dt, w), Y: y.arg, M: len(x) / max(len(w), 1), D: len(w), Eps: 1e-6, DType: dt}
				c.run(func() ([]metal.Dispatch, error) { return s.set.RMSNorm(a) })
				c.golden(file.File, name+"y."+d+".ref", y.floats(dt), dt, 0)
				c.golden(file.File, name+"y."+d, y.floats(dt), dt, 0)
			})
		}
		for _, v := range []struct {
			name, x      string
			h, l, offset int
		}{
			{"off0", "x", 4, 1, 0}, {"off17", "x", 4, 1, 17}, {"off1000", "x", 4, 1, 1000},
			{"off40000", "x", 4, 1, 40000}, {"prefill3", "xp", 2, 5, 3},
		} {
			s.check("rope "+v.name+" "+d, func(c *scope) {
				file := c.open("rope")
				x := file.floats(v.x + "." + d)
				y := c.out(dt.Size(), len(x))
				a := kernels.Rope{
					X: c.up(dt, swapped(x, v.h, v.l, 128)), At: c.indices([]uint32{uint32(v.offset)}), Y: y.arg,
					M: v.l, H: v.h, D: 128, Base: 1e6, Scale: 1, DType: dt,
				}
				c.run(func() ([]metal.Dispatch, error) { return s.set.Rope(a) })
				got := swapped(y.floats(dt), v.l, v.h, 128)
				c.golden(file.File, v.name+".y."+d+".ref", got, dt, ropeTolerance(dt, v.offset+v.l))
				c.golden(file.File, v.name+".y."+d, got, dt, ropeTolerance(dt, v.offset+v.l))
			})
		}
		s.check("softmax "+d, func(c *scope) {
			file := c.open("softmax")
			x := file.floats("x." + d)
			y := c.out(dt.Size(), len(x))
			a := kernels.Softmax{X: c.up(dt, x), Y: y.arg, M: 4, D: 128, DType: dt}
			c.run(func() ([]metal.Dispatch, error) { return s.set.Softmax(a) })
			c.golden(file.File, "ref."+d, y.floats(dt), dt, 0)
			c.golden(file.File, "precise.y."+d, y.floats(dt), dt, 0)
		})
		for _, v := range []struct {
			name        string
			h, kv, l, d int
		}{{"h8kv2.", 8, 2, 37, 64}, {"h32kv4.", 32, 4, 19, 128}} {
			if v.name == "h32kv4." && dt != dtype.F32 {
				continue // stored in float32 alone
			}
			s.check("sdpa "+v.name+d, func(c *scope) {
				file := c.open("sdpa")
				y := c.out(dt.Size(), v.h*v.d)
				a := kernels.SDPA{
					Q: c.up(dt, file.floats(v.name+"q."+d)), Keys: c.up(dt, file.floats(v.name+"k."+d)), Values: c.up(dt, file.floats(v.name+"v."+d)),
					At: c.indices([]uint32{uint32(v.l - 1)}), Out: y.arg,
					M: 1, H: v.h, KV: v.kv, Stride: v.l, D: v.d, Scale: float32(1 / math.Sqrt(float64(v.d))), DType: dt,
				}
				c.run(func() ([]metal.Dispatch, error) { return s.set.SDPA(a) })
				c.golden(file.File, fmt.Sprintf("%sy.%s.ref", v.name, d), y.floats(dt), dt, 0)
				c.golden(file.File, fmt.Sprintf("%sy.%s", v.name, d), y.floats(dt), dt, 0)
			})
		}
	}
}
