package devicetest

import (
	"fmt"
	"slices"

	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/kernels"
	"github.com/assay-bench/assay/metal/quant"
	"github.com/assay-bench/assay/metal/reference"
)

// gather runs gather_qmm, or gather_qmm_swiglu when fused, of rows inputs of m
// rows each and compares the picked outputs.
func gather(c *scope, r rng, f quant.Format, fused bool, experts, n, k, m, rows int, rhs []uint32, pick reference.Subset) {
	s, dt := c.s, f.DType
	lhs := r.indices(len(rhs), rows)
	x := r.values(rows*m*k, dt)
	w, w2 := r.weights(c, f, experts, n, k), r.weights(c, f, experts, n, k)
	y := c.out(dt.Size(), len(rhs)*m*n)
	g := kernels.GatherQMM{
		X: c.up(dt, x), LHS: c.indices(lhs), RHS: c.indices(rhs), Y: y.arg, W: c.weights(w),
		Pairs: len(rhs), M: m, Rows: rows,
	}
	in := reference.Gather{X: x, M: m, LHS: lhs, RHS: rhs}
	var ref []float64
	var err error
	if fused {
		up := c.weights(w2)
		c.run(func() ([]metal.Dispatch, error) {
			return s.set.GatherQMMSwiglu(kernels.GatherQMMSwiglu{
				X: g.X, LHS: g.LHS, RHS: g.RHS, Y: g.Y, Gate: g.W, Up: up, Pairs: g.Pairs, M: m, Rows: rows,
			})
		})
		ref, err = reference.QMMSwiglu(in, w, w2, pick)
	} else {
		c.run(func() ([]metal.Dispatch, error) { return s.set.GatherQMM(g) })
		ref, err = reference.QMM(in, w, pick)
	}
	if c.err != nil {
		return
	}
	got, pickErr := pick.Of(y.floats(dt), len(rhs)*m, n)
	c.random(fmt.Sprintf("%d pairs of x[%d,%d,%d], W[%d,%d,%d]", len(rhs), rows, m, k, experts, n, k), got, ref, firstOf(err, pickErr), dt)
}

// randomPrefill is many pairs, where devices group by expert: 64 tokens of top
// 4, in token order or sorted by expert, one expert unused and one crowded;
// and matmuls of many rows.
func randomPrefill(s *suite) {
	const tokens, topK, experts = 64, 4, 7
	s.formats(func(f quant.Format) {
		for _, fused := range []bool{false, true} {
			s.check(fmt.Sprintf("prefill gather_qmm swiglu=%v %s", fused, f), func(c *scope) {
				r := s.rng(c.name)
				rhs := make([]uint32, tokens*topK)
				for i := range rhs {
					rhs[i] = uint32(r.IntN(experts - 1)) // the last one stays unused
					if r.IntN(3) == 0 {
						rhs[i] = 2
					}
				}
				if r.IntN(2) == 0 {
					slices.Sort(rhs)
				}
				n, k := r.shape(f)
				gather(c, r, f, fused, experts, n, k, 1, tokens, rhs, reference.Sample(r.Uint64(), len(rhs), n, 24, 12))
			})
		}
		s.check("prefill gather_qmm_combine "+f.String(), func(c *scope) {
			r := s.rng(c.name)
			n, k := r.shape(f)
			w := r.weights(c, f, experts, n, k)
			h, scores, rhs := r.values(tokens*topK*k, f.DType), r.values(tokens*topK, f.DType), r.indices(tokens*topK, experts-1)
			a := kernels.GatherQMMCombine{
				H: c.up(f.DType, h), RHS: c.indices(rhs), Scores: c.up(f.DType, scores), Down: c.weights(w), Tokens: tokens, TopK: topK,
				Products: c.out(4, tokens*topK*n).arg, Mode: modes[r.IntN(len(modes))],
			}
			out := c.out(f.DType.Size(), tokens*n)
			a.Out = out.arg
			c.run(func() ([]metal.Dispatch, error) { return s.set.GatherQMMCombine(a) })
			if c.err != nil {
				return
			}
			pick := reference.Sample(r.Uint64(), tokens, n, 16, 12)
			ref, err := reference.QMMCombine(h, rhs, scores, topK, w, pick)
			got, pickErr := pick.Of(out.floats(f.DType), tokens, n)
			c.random(fmt.Sprintf("%s combine of %d tokens × %d experts, W[%d,%d]", a.Mode, tokens, topK, n, k), got, ref, firstOf(err, pickErr), f.DType)
		})
		s.check("prefill quantized_matmul "+f.String(), func(c *scope) {
			r := s.rng(c.name)
			n, k := r.shape(f)
			m := r.between(33, 70)
			w := r.weights(c, f, 1, n, k)
			x := r.values(m*k, f.DType)
			y := c.out(f.DType.Size(), m*n)
			a := kernels.QuantizedMatmul{X: c.up(f.DType, x), Y: y.arg, W: c.weights(w), M: m}
			c.run(func() ([]metal.Dispatch, error) { return s.set.QuantizedMatmul(a) })
			if c.err != nil {
				return
			}
			pick := reference.Sample(r.Uint64(), m, n, 16, 12)
			ref, err := reference.QMM(reference.MatMul(x, m), w, pick)
			got, pickErr := pick.Of(y.floats(f.DType), m, n)
			c.random(fmt.Sprintf("x[%d,%d]·W[%d,%d]", m, k, n, k), got, ref, firstOf(err, pickErr), f.DType)
		})
	})
}
