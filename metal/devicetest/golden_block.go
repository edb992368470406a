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

// modes of combining, each with its own kernels.
var modes = kernels.Modes

// goldenBlock is the MoE block end to end, unfused and fused.
func goldenBlock(s *suite) {
	for _, dt := range s.o.DTypes {
		for _, bits := range []int{4, 8} {
			f := quant.Format{Bits: bits, Group: 64, DType: dt}
			if s.has(f) {
				s.check("moe block "+f.String(), func(c *scope) { block(c, f) })
			}
		}
	}
}

func block(c *scope, f quant.Format) {
	const tokens, topK = 5, 2
	const pairs = tokens * topK
	s, dt, d := c.s, f.DType, f.DType.String()
	file := c.open(fmt.Sprintf("swiglu_b%d", f.Bits))
	suffix := "." + d
	gate, up := c.weights(file.quantized("gate.", f, suffix)), c.weights(file.quantized("up.", f, suffix))
	down := c.weights(file.quantized("down.", f, suffix))
	inter, hidden := gate.N, down.N

	x := c.up(dt, file.floats("x."+d))
	own := make([]uint32, pairs) // the down projection reads pair p's own row
	for p := range own {
		own[p] = uint32(p)
	}
	lhs, ownLHS := c.indices(each(tokens)), c.indices(own)
	rhs := c.indices(file.uint32s("route." + d + ".inds"))
	scores := c.up(dt, file.floats("route."+d+".scores"))

	// Unfused: gate, up, silu(gate)·up, down, weighted sum. Each result is
	// rounded to the type before the next op reads it.
	g, u, h := c.out(dt.Size(), pairs*inter), c.out(dt.Size(), pairs*inter), c.out(dt.Size(), pairs*inter)
	fused := c.out(dt.Size(), pairs*inter)
	y := c.out(dt.Size(), pairs*hidden)
	var outs, fusedOuts [len(modes)]*output
	built := []func() ([]metal.Dispatch, error){
		func() ([]metal.Dispatch, error) {
			return s.set.GatherQMM(kernels.GatherQMM{X: x, LHS: lhs, RHS: rhs, Y: g.arg, W: gate, Pairs: pairs, M: 1, Rows: tokens})
		},
		func() ([]metal.Dispatch, error) {
			return s.set.GatherQMM(kernels.GatherQMM{X: x, LHS: lhs, RHS: rhs, Y: u.arg, W: up, Pairs: pairs, M: 1, Rows: tokens})
		},
		func() ([]metal.Dispatch, error) {
			return s.set.Swiglu(kernels.Swiglu{Gate: g.arg, Up: u.arg, Y: h.arg, N: pairs * inter, DType: dt})
		},
		func() ([]metal.Dispatch, error) {
			return s.set.GatherQMM(kernels.GatherQMM{X: h.arg, LHS: ownLHS, RHS: rhs, Y: y.arg, W: down, Pairs: pairs, M: 1, Rows: pairs})
		},
		func() ([]metal.Dispatch, error) {
			return s.set.GatherQMMSwiglu(kernels.GatherQMMSwiglu{X: x, LHS: lhs, RHS: rhs, Y: fused.arg, Gate: gate, Up: up, Pairs: pairs, M: 1, Rows: tokens})
		},
	}
	for i, mode := range modes {
		outs[i], fusedOuts[i] = c.out(dt.Size(), tokens*hidden), c.out(dt.Size(), tokens*hidden)
		built = append(built, func() ([]metal.Dispatch, error) {
			return s.set.MoECombine(kernels.MoECombine{Y: y.arg, Scores: scores, Out: outs[i].arg, Tokens: tokens, TopK: topK, D: hidden, Mode: mode, DType: dt})
		}, func() ([]metal.Dispatch, error) {
			return s.set.GatherQMMCombine(kernels.GatherQMMCombine{H: fused.arg, RHS: rhs, Scores: scores, Out: fusedOuts[i].arg, Down: down, Tokens: tokens, TopK: topK, Mode: mode})
		})
	}
	c.run(built...)

	c.golden(file.File, "h."+d+".ref", h.floats(dt), dt, 0)
	c.golden(file.File, "h."+d+".ref", fused.floats(dt), dt, 0)
	for i := range modes {
		c.golden(file.File, "out."+d+".ref", outs[i].floats(dt), dt, 0)
		c.golden(file.File, "out."+d+".ref", fusedOuts[i].floats(dt), dt, 0)
	}
	if dt == dtype.F32 { // where MLX's CPU accumulates as we do, its own results count too
		c.golden(file.File, "gate.y.f32", g.floats(dt), dt, 0)
		c.golden(file.File, "up.y.f32", u.floats(dt), dt, 0)
		c.golden(file.File, "h.f32", h.floats(dt), dt, 0)
		c.golden(file.File, "down.y.f32", y.floats(dt), dt, 0)
		c.golden(file.File, "out.f32", outs[0].floats(dt), dt, 0)
		c.golden(c.open("gather_qmm_swiglu").File, fmt.Sprintf("b%d.y.f32", f.Bits), fused.floats(dt), dt, 0)
	}
	routing(c, file, "route."+d+".", "logits."+d, dt, topK)
}

func goldenGating(s *suite) {
	for _, dt := range s.o.DTypes {
		s.check("topk_gating "+dt.String(), func(c *scope) {
			routing(c, c.open("moe_gating"), dt.String()+".", "logits."+dt.String(), dt, 8)
		})
	}
}

// routing compares chosen experts as sets and their scores expert by expert.
// MLX chooses among gates already rounded to the type, so that experts can tie
// there: a chosen expert may stand for one of equal stored gate.
func routing(c *scope, file tensors, prefix, logits string, dt dtype.DType, topK int) {
	values := file.floats(logits)
	gates := file.floats(prefix + "gates")
	want, wantScores := file.uint32s(prefix+"inds"), file.floats(prefix+"scores")
	if c.err != nil {
		return
	}
	tokens := len(want) / topK
	experts := len(values) / tokens
	got, scores := c.gate(values, tokens, experts, topK, true, dt)
	if c.err != nil {
		return
	}
	for t := range tokens {
		gate := func(e uint32) float32 { return gates[t*experts+int(e)] }
		mine, theirs := got[t*topK:][:topK], want[t*topK:][:topK]
		for i, e := range mine {
			if int(e) >= experts {
				c.fault(fmt.Errorf("%s%s: token %d: expert %d of %d", prefix, "inds", t, e, experts))
				return
			}
			at := slices.Index(theirs, e)
			if at < 0 {
				at = slices.IndexFunc(theirs, func(o uint32) bool { return gate(o) == gate(e) && !slices.Contains(mine, o) })
			}
			if at < 0 {
				c.fault(fmt.Errorf("%s%s: token %d chose expert %d, MLX did not", prefix, "inds", t, e))
				return
			}
			if off := math.Abs(float64(scores[t*topK+i] - wantScores[t*topK+at])); !(off <= reference.Tolerance(dt)) {
				c.fault(fmt.Errorf("%sscores: token %d expert %d has %g, MLX %g", prefix, t, e, scores[t*topK+i], wantScores[t*topK+at]))
				return
			}
		}
	}
	c.s.count(file.File, prefix+"inds")
	c.s.count(file.File, prefix+"scores")
}

// gate runs topk_gating.
func (c *scope) gate(logits []float32, tokens, experts, topK int, norm bool, dt dtype.DType) ([]uint32, []float32) {
	indices, scores := c.out(4, tokens*topK), c.out(dt.Size(), tokens*topK)
	a := kernels.TopKGating{
		Logits: c.up(dt, logits), Indices: indices.arg, Scores: scores.arg,
		Tokens: tokens, Experts: experts, TopK: topK, Norm: norm, DType: dt,
	}
	c.run(func() ([]metal.Dispatch, error) { return c.s.set.TopKGating(a) })
	return indices.uint32s(), scores.floats(dt)
}
