package devicetest

import (
	"fmt"

	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/dtype"
	"github.com/assay-bench/assay/metal/kernels"
	"github.com/assay-bench/assay/metal/quant"
)

func goldenMatmul(s *suite) {
	for _, dt := range s.o.DTypes {
		for _, f := range matmulConfigs(dt) {
			if !s.has(f) {
				continue
			}
			s.check("quantized_matmul "+f.String(), func(c *scope) {
				file := c.open("quantized_matmul")
				prefix := fmt.Sprintf("g%d_b%d.", f.Group, f.Bits)
				w := c.weights(file.quantized(prefix, f, "."+dt.String()))
				for _, m := range []int{1, 7} {
					x := c.up(dt, file.floats(fmt.Sprintf("x%d.%s", m, dt)))
					y := c.out(dt.Size(), m*w.N)
					c.run(func() ([]metal.Dispatch, error) {
						return s.set.QuantizedMatmul(kernels.QuantizedMatmul{X: x, Y: y.arg, W: w, M: m})
					})
					c.golden(file.File, fmt.Sprintf("%sy%d.%s.ref", prefix, m, dt), y.floats(dt), dt, 0)
					if dt == dtype.F32 {
						c.golden(file.File, fmt.Sprintf("%sy%d.f32", prefix, m), y.floats(dt), dt, 0)
					}
				}
			})
		}
	}
}

// each names, in lhs order, the token that pair p of top-k 2 reads.
func each(tokens int) []uint32 {
	out := make([]uint32, 0, 2*tokens)
	for t := range tokens {
		out = append(out, uint32(t), uint32(t))
	}
	return out
}

func goldenGather(s *suite) {
	for _, dt := range s.o.DTypes {
		for _, bits := range []int{4, 8} {
			f := quant.Format{Bits: bits, Group: 64, DType: dt}
			if !s.has(f) {
				continue
			}
			s.check("gather_qmm "+f.String(), func(c *scope) {
				file := c.open(fmt.Sprintf("gather_qmm_b%d", bits))
				w := c.weights(file.quantized("", f, "."+dt.String()))
				var sorted []uint32
				for _, pair := range file.uint32s("sorted.order") {
					sorted = append(sorted, pair/2)
				}
				for _, v := range []struct {
					name, x string
					m       int
					lhs     []uint32
				}{
					{"decode", "x1", 1, []uint32{0, 0}},
					{"unsorted", "x5", 1, each(5)},
					{"sorted", "x5", 1, sorted},
					{"explicit", "x5", 1, file.uint32s("explicit.lhs")},
					{"m3", "x23", 3, each(2)},
				} {
					values := file.floats(v.x + "." + dt.String())
					rhs := file.uint32s(v.name + ".rhs")
					a := kernels.GatherQMM{
						X: c.up(dt, values), LHS: c.indices(v.lhs), RHS: c.indices(rhs), W: w,
						Pairs: len(rhs), M: v.m, Rows: len(values) / max(v.m*w.K, 1),
					}
					y := c.out(dt.Size(), a.Pairs*a.M*w.N)
					a.Y = y.arg
					c.run(func() ([]metal.Dispatch, error) { return s.set.GatherQMM(a) })
					c.golden(file.File, v.name+".y."+dt.String()+".ref", y.floats(dt), dt, 0)
					if dt == dtype.F32 {
						c.golden(file.File, v.name+".y.f32", y.floats(dt), dt, 0)
					}
				}
			})
		}
	}
}

// goldenDequantize reads every row back through the embedding op. MLX's own
// deq rounds twice in float16 and bfloat16, which the tolerance covers. Rows
// differ in magnitude by many orders, so each is compared by itself.
func goldenDequantize(s *suite) {
	s.formats(func(f quant.Format) {
		if f.Mode != quant.Affine {
			s.check("embedding modes_"+f.String(), func(c *scope) {
				file := c.open("modes_" + f.DType.String())
				c.dequantized(file, f.Mode.String()+".", f)
			})
			return
		}
		for _, name := range []string{"quantize_", "quantize_edge_"} {
			if name == "quantize_edge_" && f.Group != 64 {
				continue
			}
			s.check("embedding "+name+f.String(), func(c *scope) {
				file := c.open(name + f.DType.String())
				c.dequantized(file, fmt.Sprintf("g%d_b%d.", f.Group, f.Bits), f)
			})
		}
	})
}

// dequantized reads the weights of that prefix back and compares each row.
func (c *scope) dequantized(file tensors, prefix string, f quant.Format) {
	w := c.weights(file.quantized(prefix, f, ""))
	ids := make([]uint32, w.N)
	for i := range ids {
		ids[i] = uint32(i)
	}
	y := c.out(f.DType.Size(), w.N*w.K)
	a := kernels.Embedding{IDs: c.indices(ids), Y: y.arg, W: w, M: w.N}
	c.run(func() ([]metal.Dispatch, error) { return c.s.set.Embedding(a) })
	c.rows(file, prefix+"deq", y.floats(f.DType), w.K, f.DType)
}

// goldenModes is quantized_matmul and gather_qmm in the modes of minifloats, of the
// first rows of the file's weights, as experts of two rows in gather_qmm.
func goldenModes(s *suite) {
	const rows, experts, tokens = 8, 4, 3
	for _, f := range scaled(dtype.F32) {
		if !s.has(f) {
			continue
		}
		s.check("modes "+f.String(), func(c *scope) {
			file := c.open("modes_f32")
			prefix := f.Mode.String() + "."
			all := file.quantized(prefix, f, "")
			if c.err != nil {
				return
			}
			all.Experts, all.N = all.N/rows, rows
			one := all.Slice(0, 1)
			many := *one
			many.Experts, many.N = experts, rows/experts
			w, stack := c.weights(one), c.weights(&many)
			x := c.up(f.DType, file.floats("x"))
			y, gathered := c.out(4, tokens*rows), c.out(4, tokens*many.N)
			c.run(func() ([]metal.Dispatch, error) {
				return s.set.QuantizedMatmul(kernels.QuantizedMatmul{X: x, Y: y.arg, W: w, M: tokens})
			}, func() ([]metal.Dispatch, error) {
				return s.set.GatherQMM(kernels.GatherQMM{
					X: x, LHS: c.indices([]uint32{0, 1, 2}), RHS: c.indices([]uint32{2, 0, 3}), Y: gathered.arg, W: stack, Pairs: tokens, M: 1, Rows: tokens,
				})
			})
			c.golden(file.File, prefix+"y", y.floats(f.DType), f.DType, 0)
			c.golden(file.File, prefix+"gather", gathered.floats(f.DType), f.DType, 0)
		})
	}
}

// rows compares row by row, leaving out elements where MLX's product of code
// and scale overflowed float16 before the bias brought it back.
func (c *scope) rows(file tensors, name string, got []float32, k int, dt dtype.DType) {
	want := file.floats(name)
	if c.err == nil && len(got) != len(want) {
		c.fault(fmt.Errorf("%s has %d elements, want %d", name, len(got), len(want)))
	}
	for row := 0; c.err == nil && row*k < len(want); row++ {
		var mine []float32
		var ref []float64
		for i, v := range want[row*k : (row+1)*k] {
			if v-v == 0 {
				mine, ref = append(mine, got[row*k+i]), append(ref, float64(v))
			}
		}
		c.near(fmt.Sprintf("%s row %d", name, row), mine, ref, dt, 0)
	}
	c.s.count(file.File, name)
}
