package cuda_test

import (
	"cmp"
	"context"
	"errors"
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
