package cuda_test

import (
	"fmt"
	"strconv"
	"testing"

	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/kernels"
)

// BenchmarkTiles tries tiles for tileOf of package kernels, and both variants
// of the ops that have two.
func BenchmarkTiles(b *testing.B) {
	r := newRig(b)
	for _, tokens := range []int{1, 4} {
		routes := r.route(b, tokens)
		for _, op := range []string{"gather_qmm", "gather_qmm_swiglu", "gather_qmm_combine_fp32"} {
			for _, t := range tiles(op) {
				b.Run(fmt.Sprintf("%s/tokens=%d/rows=%d/simdgroups=%d/threads=%d", op, tokens, t.rows, t.simdgroups, t.threads), func(b *testing.B) {
					r.report(b, r.tiled(b, op, routes, tokens, t))
				})
			}
		}
		for _, op := range []string{"gather_qmm_grouped", "gather_qmm_swiglu_grouped"} {
			for _, simdgroups := range []int{2, 4, 8} {
				b.Run(fmt.Sprintf("%s/tokens=%d/simdgroups=%d", op, tokens, simdgroups), func(b *testing.B) {
					r.report(b, r.tiled(b, op, routes, tokens, tile{rows: 4, simdgroups: simdgroups}))
				})
			}
		}
	}
}

// tile is as in package kernels.
type tile struct{ rows, simdgroups, threads int }

func tiles(op string) []tile {
	var out []tile
	for _, rows := range []int{1, 2, 4, 8} {
		for _, simdgroups := range []int{4, 6, 8, 12} {
			if op == "gather_qmm_combine_fp32" && simdgroups != 8 || inner%(rows*simdgroups) != 0 {
				continue
			}
			for _, threads := range []int{0, 512, 1024} {
				out = append(out, tile{rows, simdgroups, threads})
			}
		}
	}
	return out
}

// tiled dispatches an op by hand with a tile.
func (r *rig) tiled(b *testing.B, op string, routes []routing, tokens int, t tile) work {
	name := op + "_" + decodeFormat.String()
	src, err := kernels.SourceOf(name)
	if err != nil {
		b.Fatal(err)
	}
	src.Defines["ASSAY_ROWS"] = strconv.Itoa(t.rows)
	if t.threads > 0 {
		src.Defines["ASSAY_THREADS"] = strconv.Itoa(t.threads)
	}
	lib, err := r.dev.Compile(b.Context(), src)
	if err != nil {
		b.Fatal(err)
	}
	k, err := lib.Kernel(name, nil)
	if err != nil {
		b.Fatal(err)
	}
	pairs := tokens * topK
	p := kernels.GatherParams{Pairs: uint32(pairs), M: 1, N: inner, K: hidden, Experts: experts, Rows: uint32(tokens)}
	threads := 32 * t.simdgroups
	group := metal.Size{X: threads, Y: 1, Z: 1}
	across := func(n, rows int) int { return (n + rows*t.simdgroups - 1) / (rows * t.simdgroups) * threads }
	return r.build(b, routes, map[bool]int{true: 2, false: 1}[op == "gather_qmm_swiglu" || op == "gather_qmm_swiglu_grouped"], r.gate, func(c routing, l int) ([]metal.Dispatch, error) {
		d := metal.Dispatch{Kernel: k, Threadgroup: group, Grid: metal.Size{X: across(inner, t.rows), Y: pairs, Z: 1}}
		g, u, w := r.gate[l], r.up[l], r.down[l]
		switch op {
		case "gather_qmm_grouped":
			d.Grid = metal.Size{X: across(inner, 4), Y: experts, Z: 1}
			fallthrough
		case "gather_qmm":
			d.Args = []metal.Arg{r.x, g.Packed, g.Scales, g.Biases, c.lhs, c.rhs, r.y, {Bytes: kernels.Bytes(p)}}
		case "gather_qmm_swiglu_grouped":
			d.Grid = metal.Size{X: across(inner, 2), Y: experts, Z: 1}
			fallthrough
		case "gather_qmm_swiglu":
			d.Args = []metal.Arg{r.x, g.Packed, g.Scales, g.Biases, u.Packed, u.Scales, u.Biases, c.lhs, c.rhs, r.y, {Bytes: kernels.Bytes(p)}}
		default:
			d.Grid = metal.Size{X: tokens * threads, Y: hidden / t.rows, Z: 1}
			q := kernels.CombineParams{M: uint32(tokens), TopK: topK, D: hidden, K: inner, Experts: experts}
			d.Args = []metal.Arg{r.h, w.Packed, w.Scales, w.Biases, c.rhs, r.scores, r.out, {Bytes: kernels.Bytes(q)}}
		}
		return []metal.Dispatch{d}, nil
	})
}
