package devicetest

import (
	"fmt"
	"math"
	"slices"

	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/dtype"
	"github.com/assay-bench/assay/metal/kernels"
	"github.com/assay-bench/assay/metal/quant"
	"github.com/assay-bench/assay/metal/reference"
)

// randomCombine: the modes exist for their rounding, so each has to be what it
// says to the bit.
func randomCombine(s *suite) {
	combine := map[kernels.Mode]func(y, w []float32, k, d int, dt dtype.DType) ([]float32, error){
		kernels.FP32: reference.CombineFMA, kernels.FP32NoFMA: reference.CombineNoFMA, kernels.Exact: reference.CombineExact,
	}
	for _, dt := range s.o.DTypes {
		for _, mode := range modes {
			s.check(fmt.Sprintf("random moe_combine_%s_%s", mode, dt), func(c *scope) {
				r := s.rng(c.name)
				for _, topK := range []int{1, 4, 8} {
					tokens, d := r.between(1, 5), r.between(1, 600)
					y, scores := r.values(tokens*topK*d, dt), r.values(tokens*topK, dt)
					out := c.out(dt.Size(), tokens*d)
					a := kernels.MoECombine{
						Y: c.up(dt, y), Scores: c.up(dt, scores), Out: out.arg,
						Tokens: tokens, TopK: topK, D: d, Mode: mode, DType: dt,
					}
					c.run(func() ([]metal.Dispatch, error) { return s.set.MoECombine(a) })
					want, err := combine[mode](y, scores, topK, d, dt)
					if err != nil {
						c.fault(err)
					}
					if c.err != nil {
						return
					}
					for i, v := range out.floats(dt) {
						if v != want[i] {
							c.fault(fmt.Errorf("top %d: element %d is %g, %s gives %g", topK, i, v, mode, want[i]))
							return
						}
					}
					s.report.Random++
				}
			})
		}
	}
}

// randomProgressive sweeps epsilon and the threads per element.
func randomProgressive(s *suite) {
	s.formats(func(f quant.Format) {
		if opOf("progressive_swiglu").Takes(f) != nil {
			return
		}
		for _, threads := range []int{0, 32, 256} {
			s.check(fmt.Sprintf("random progressive_swiglu threadgroup=%d %s", threads, f), func(c *scope) {
				r := s.rng(c.name)
				n, k := r.shape(f)
				m := r.between(1, 3)
				progressive(c, r, f, threads, m, n, k)
			})
		}
	})
}

func progressive(c *scope, r rng, f quant.Format, threads, m, n, k int) {
	dt := f.DType
	gate, up := r.weights(c, f, 1, n, k), r.weights(c, f, 1, n, k)
	x := r.values(m*k, dt)
	all, err := reference.ProgressiveSwiglu(x, m, gate, up, 0, reference.All)
	if err != nil {
		c.fault(err)
		return
	}
	bounds := slices.Clone(all.Bound)
	slices.Sort(bounds)
	a := kernels.ProgressiveSwiglu{X: c.up(dt, x), Gate: c.weights(gate), Up: c.weights(up), M: m, Threadgroup: threads}
	for _, epsilon := range []float32{0, -1, float32(bounds[len(bounds)/2]), math.MaxFloat32} {
		y, refined := c.out(dt.Size(), m*n), c.out(4, m*n)
		a.Y, a.Refined, a.Epsilon = y.arg, refined.arg, epsilon
		c.run(func() ([]metal.Dispatch, error) { return c.s.set.ProgressiveSwiglu(a) })
		want, err := reference.ProgressiveSwiglu(x, m, gate, up, float64(epsilon), reference.All)
		if err != nil {
			c.fault(err)
		}
		if c.err != nil {
			return
		}
		// Where the bound is epsilon but for float32's rounding, either is right.
		var got []float32
		var ref []float64
		flags, values := refined.uint32s(), y.floats(dt)
		for i, bound := range want.Bound {
			if math.Abs(bound-float64(epsilon)) < 1e-4*bound {
				continue
			}
			if (flags[i] == 1) != want.Refined[i] || flags[i] > 1 {
				c.fault(fmt.Errorf("epsilon %g: refined[%d] is %d where the bound is %g", epsilon, i, flags[i], bound))
				return
			}
			got, ref = append(got, values[i]), append(ref, want.Y[i])
		}
		c.random(fmt.Sprintf("epsilon %g, x[%d,%d], W[%d,%d]", epsilon, m, k, n, k), got, ref, nil, dt)
	}
}

// randomGating: numbers of experts beside and between powers of two, close and
// far logits, ties.
func randomGating(s *suite) {
	for _, dt := range s.o.DTypes {
		for _, v := range []struct {
			experts, topK int
			spread        float32
		}{{4, 2, 1}, {32, 4, 3}, {60, 6, 1}, {64, 4, 20}, {128, 8, 1}, {128, 8, 40}, {128, 1, 0}, {200, 8, 2}, {3, 3, 1}} {
			for _, norm := range []bool{true, false} {
				s.check(fmt.Sprintf("random topk_gating %d of %d spread %g norm=%v %s", v.topK, v.experts, v.spread, norm, dt), func(c *scope) {
					r := s.rng(c.name)
					tokens := r.between(1, 6)
					logits := r.values(tokens*v.experts, dt)
					for i := range logits {
						logits[i] = dt.Round(v.spread * logits[i])
					}
					got, scores := c.gate(logits, tokens, v.experts, v.topK, norm, dt)
					if c.err != nil {
						return
					}
					c.chosen(logits, got, scores, v.experts, v.topK, norm, dt)
				})
			}
		}
	}
}

// chosen checks indices and scores against the reference. Experts of equal
// logits may stand for one another, but none may be chosen twice.
func (c *scope) chosen(logits []float32, got []uint32, scores []float32, experts, topK int, norm bool, dt dtype.DType) {
	want, wantScores, err := reference.TopKGating(logits, experts, topK, norm)
	if err != nil {
		c.fault(err)
		return
	}
	for t := range len(want) / topK {
		mine := got[t*topK:][:topK]
		row := logits[t*experts:][:experts]
		for i, e := range mine {
			if int(e) >= experts || slices.Index(mine, e) != i {
				c.fault(fmt.Errorf("token %d chose %v: out of range or twice the same", t, mine))
				return
			}
		}
		// Both sorted by logit, the lists have to agree.
		byLogit := func(a, b uint32) int {
			switch {
			case row[a] > row[b]:
				return -1
			case row[a] < row[b]:
				return 1
			}
			return 0
		}
		order := slices.Clone(mine)
		slices.SortStableFunc(order, byLogit)
		for i, e := range order {
			if w := want[t*topK+i]; row[e] != row[w] {
				c.fault(fmt.Errorf("token %d chose %v with logit %g in place %d, the reference %g", t, mine, row[e], i, row[w]))
				return
			}
			score := float64(scores[t*topK+slices.Index(mine, e)])
			if off := math.Abs(score - wantScores[t*topK+i]); !(off <= reference.Tolerance(dt)) {
				c.fault(fmt.Errorf("token %d expert %d scores %g, the reference %g", t, e, score, wantScores[t*topK+i]))
				return
			}
		}
	}
	c.s.report.Random++
}
