package cuda_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/cuda"
	"github.com/assay-bench/assay/metal/devices"
	"github.com/assay-bench/assay/metal/dtype"
	"github.com/assay-bench/assay/metal/kernels"
	"github.com/assay-bench/assay/metal/quant"
)

// Qwen3-30B-A3B's MoE block, bfloat16, 4 bits in groups of 64.
const (
	hidden, inner  = 2048, 768
	experts, topK  = 128, 8
	layers         = 4 // of weights to rotate over: gate alone is 450 MB, the L2 cache 50 or 60 MB
	largestTokens  = 64
	rotationPasses = 16 // iterations per layer and rotation
)

var decodeFormat = quant.Format{Bits: 4, Group: 64, DType: dtype.BF16}

// rig is a GPU with the weights of some layers on it.
type rig struct {
	dev            metal.Device
	set            *kernels.Set
	gate, up, down []kernels.Weights
	x, h, y, out   metal.Arg
	scores         metal.Arg
	products       metal.Arg // for a prompt's down+combine
	copyRate       float64   // bytes read and written per second
}

func openGPU(b *testing.B) metal.Device {
	b.Helper()
	dev, err := cuda.Open(cuda.Options{})
	if errors.Is(err, metal.ErrUnavailable) {
		b.Skip("the benchmark runs kernels on a GPU:", err)
	}
	if err != nil {
		b.Fatal(err)
	}
	return dev
}

func newRig(b *testing.B) *rig {
	dev := openGPU(b)
	b.Cleanup(func() { _ = dev.Close() })
	r := &rig{dev: dev}
	copied, err := dev.(metal.Yardsticker).Yardstick(b.Context(), metal.Copy)
	if err != nil {
		b.Fatal(err)
	}
	r.copyRate = copied.PerSecond()
	if r.set, err = kernels.Load(context.Background(), dev); err != nil {
		b.Fatal(err)
	}
	for l := range layers {
		for i, to := range []*[]kernels.Weights{&r.gate, &r.up, &r.down} {
			s := quant.Synthetic{Format: decodeFormat, Experts: experts, N: inner, K: hidden, Seed: uint64(3*l + i), Scale: 1.0 / 16}
			if i == 2 {
				s.N, s.K = hidden, inner
			}
			w, err := kernels.RandomWeights(dev, s)
			if err != nil {
				b.Fatal(err)
			}
			*to = append(*to, w)
		}
	}
	random := rand.New(rand.NewPCG(1, 2))
	values := func(n int) metal.Arg {
		v := make([]float32, n)
		for i := range v {
			v[i] = random.Float32()*2 - 1
		}
		a, err := kernels.Upload(dev, dtype.BF16, v)
		if err != nil {
			b.Fatal(err)
		}
		return a
	}
	r.x, r.h = values(largestTokens*hidden), values(largestTokens*topK*inner)
	r.y, r.out, r.scores = values(largestTokens*topK*inner), values(largestTokens*hidden), values(largestTokens*topK)
	if r.products, err = kernels.NewBuffer(dev, dtype.F32, largestTokens*topK*hidden); err != nil {
		b.Fatal(err)
	}
	return r
}

// routing is one iteration's choice of experts: distinct ones for each token.
type routing struct {
	lhs, rhs metal.Arg
	used     int // experts that any token chose
}

// route makes the choices of a rotation. At one token, consecutive iterations
// choose disjoint experts, so that a layer is read whole before any is reused.
func (r *rig) route(b *testing.B, tokens int) []routing {
	random := rand.New(rand.NewPCG(3, uint64(tokens)))
	var out []routing
	order := random.Perm(experts)
	for i := range layers * rotationPasses {
		var lhs, rhs []uint32
		used := map[int]bool{}
		for t := range tokens {
			chosen := random.Perm(experts)[:topK]
			if tokens == 1 {
				at := i / layers * topK % experts
				chosen = order[at : at+topK]
			}
			for _, e := range chosen {
				lhs, rhs, used[e] = append(lhs, uint32(t)), append(rhs, uint32(e)), true
			}
		}
		l, err := kernels.UploadUint32(r.dev, lhs)
		b.Cleanup(l.Buffer.Release)
		g, err2 := kernels.UploadUint32(r.dev, rhs)
		b.Cleanup(g.Buffer.Release)
		if err := cmp.Or(err, err2); err != nil {
			b.Fatal(err)
		}
		out = append(out, routing{l, g, len(used)})
	}
	return out
}

// work is one op at one shape: its iterations and the weight bytes they read.
type work struct {
	iterations [][]metal.Dispatch
	bytes      float64 // of weights per iteration, on average
}

// time replays the work for a while and reports the median of several runs.
func (r *rig) time(b *testing.B, w work) time.Duration {
	p, err := r.dev.Record(w.iterations...)
	if err != nil {
		b.Fatal(err)
	}
	defer p.Release()
	n := len(w.iterations)
	t, err := p.Run(b.Context(), n)
	if err != nil {
		b.Fatal(err)
	}
	n *= max(1, int(20*time.Millisecond/max(t.Device, 1)))
	var each []time.Duration
	for range 9 {
		if t, err = p.Run(b.Context(), n); err != nil {
			b.Fatal(err)
		}
		each = append(each, t.Device*1000/time.Duration(n)) // in ps
	}
	slices.Sort(each)
	return each[len(each)/2]
}

func (r *rig) report(b *testing.B, w work) {
	for b.Loop() {
		ps := r.time(b, w)
		rate := w.bytes / (float64(ps) * 1e-12)
		b.ReportMetric(float64(ps)/1e6, "us")
		b.ReportMetric(rate/1e9, "GB/s")
		b.ReportMetric(rate/r.copyRate, "of-copy")
		b.ReportMetric(r.copyRate/1e9, "copy-GB/s")
		b.ReportMetric(0, "ns/op")
	}
}

func matrixBytes(w kernels.Weights) float64 { return float64(w.Bytes()) / float64(w.Experts) }

// build makes a work of one op, iteration i on layer i mod layers.
func (r *rig) build(b *testing.B, routes []routing, matrices int, weights []kernels.Weights, op func(routing, int) ([]metal.Dispatch, error)) work {
	w := work{}
	for i, c := range routes {
		d, err := op(c, i%layers)
		if err != nil {
			b.Fatal(err)
		}
		w.iterations = append(w.iterations, d)
		w.bytes += float64(matrices*c.used) * matrixBytes(weights[0]) / float64(len(routes))
	}
	return w
}

// BenchmarkDecode is the table of the matrix kernels at Qwen3's decode shape
// with cold weights. Run with -benchtime 1x.
func BenchmarkDecode(b *testing.B) {
	r := newRig(b)
	for _, tokens := range []int{1, 4, 16, largestTokens} {
		routes := r.route(b, tokens)
		pairs := tokens * topK
		for _, op := range []struct {
			name string
			work func() work
		}{
			{"gather_qmm", func() work {
				return r.build(b, routes, 1, r.gate, func(c routing, l int) ([]metal.Dispatch, error) {
					return r.set.GatherQMM(kernels.GatherQMM{X: r.x, LHS: c.lhs, RHS: c.rhs, Y: r.y, W: r.gate[l], Pairs: pairs, M: 1, Rows: tokens})
				})
			}},
			{"gather_qmm_swiglu", func() work {
				return r.build(b, routes, 2, r.gate, func(c routing, l int) ([]metal.Dispatch, error) {
					return r.set.GatherQMMSwiglu(kernels.GatherQMMSwiglu{X: r.x, LHS: c.lhs, RHS: c.rhs, Y: r.y, Gate: r.gate[l], Up: r.up[l], Pairs: pairs, M: 1, Rows: tokens})
				})
			}},
			{"down+combine", func() work {
				return r.build(b, routes, 1, r.down, func(c routing, l int) ([]metal.Dispatch, error) {
					return r.set.GatherQMMCombine(kernels.GatherQMMCombine{H: r.h, RHS: c.rhs, Scores: r.scores, Out: r.out, Products: r.products, Down: r.down[l], Tokens: tokens, TopK: topK, Mode: kernels.FP32})
				})
			}},
			{"expert-ffn", func() work {
				return r.build(b, routes, 3, r.gate, func(c routing, l int) ([]metal.Dispatch, error) {
					a, err := r.set.GatherQMMSwiglu(kernels.GatherQMMSwiglu{X: r.x, LHS: c.lhs, RHS: c.rhs, Y: r.h, Gate: r.gate[l], Up: r.up[l], Pairs: pairs, M: 1, Rows: tokens})
					if err != nil {
						return nil, err
					}
					d, err := r.set.GatherQMMCombine(kernels.GatherQMMCombine{H: r.h, RHS: c.rhs, Scores: r.scores, Out: r.out, Products: r.products, Down: r.down[l], Tokens: tokens, TopK: topK, Mode: kernels.FP32})
					return append(a, d...), err
				})
			}},
		} {
			b.Run(op.name+"/tokens="+strconv.Itoa(tokens), func(b *testing.B) { r.report(b, op.work()) })
		}
	}
}

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
			d.Args = []metal.Arg{r.x, g.Packed, g.Scales, g.Biases, c.lhs, c.rhs, r.y, {Bytes: p.Bytes()}}
		case "gather_qmm_swiglu_grouped":
			d.Grid = metal.Size{X: across(inner, 2), Y: experts, Z: 1}
			fallthrough
		case "gather_qmm_swiglu":
			d.Args = []metal.Arg{r.x, g.Packed, g.Scales, g.Biases, u.Packed, u.Scales, u.Biases, c.lhs, c.rhs, r.y, {Bytes: p.Bytes()}}
		default:
			d.Grid = metal.Size{X: tokens * threads, Y: hidden / t.rows, Z: 1}
			q := kernels.CombineParams{M: uint32(tokens), TopK: topK, D: hidden, K: inner, Experts: experts}
			d.Args = []metal.Arg{r.h, w.Packed, w.Scales, w.Biases, c.rhs, r.scores, r.out, {Bytes: q.Bytes()}}
		}
		return []metal.Dispatch{d}, nil
	})
}

// BenchmarkLaunch is what launching costs on this machine.
func BenchmarkLaunch(b *testing.B) {
	dev := openGPU(b)
	defer dev.Close()
	for b.Loop() {
		submit, replayed, err := devices.LaunchLatency(b.Context(), dev)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(submit)/1e3, "us-submit")
		b.ReportMetric(float64(replayed)/1e3, "us-replayed")
		b.ReportMetric(0, "ns/op")
	}
}
