package cpu

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"
	"unsafe"

	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/cpu/simd"
	"github.com/assay-bench/assay/metal/dtype"
	"github.com/assay-bench/assay/metal/internal/front"
	"github.com/assay-bench/assay/metal/kernels"
)

// Qwen3-30B-A3B's MoE block at 4 bits, group 64.
const (
	hidden  = 2048
	ffn     = 768
	experts = 128
	topK    = 8
	sets    = experts / topK // disjoint choices of experts: 340 MB of weights
)

// block is the buffers of one MoE block.
type block struct {
	*rig
	t                 dtype.DType
	format            string
	gate, up, down    weights
	x, g, u, h, y     metal.Buffer
	weights, out, lhs metal.Buffer
	rhs               []metal.Buffer // one per set
	tokens            int
	start             int // the set that the next program starts with
}

func newBlock(b *testing.B, threads, tokens int, t dtype.DType) *block {
	r := newRig(b, Options{Threads: threads})
	pairs := tokens * topK
	m := &block{
		rig: r, t: t, format: t.String() + "_b4_g64", tokens: tokens,
		gate: r.weights(t, 4, 64, experts, ffn, hidden), up: r.weights(t, 4, 64, experts, ffn, hidden),
		down: r.weights(t, 4, 64, experts, hidden, ffn),
		x:    r.values(t, tokens*hidden, 1), g: r.buffer(pairs * ffn * 4), u: r.buffer(pairs * ffn * 4),
		h: r.values(t, pairs*ffn, 1), y: r.buffer(pairs * hidden * 4),
		weights: r.values(t, pairs, 1), out: r.buffer(tokens * hidden * 4),
	}
	var lhs []uint32
	for p := range pairs {
		lhs = append(lhs, uint32(p/topK))
	}
	m.lhs = r.words(lhs...)
	for range sets {
		m.rhs = append(m.rhs, nil)
	}
	all := r.rng.Perm(experts)
	for s := range m.rhs {
		var rhs []uint32
		for i := range pairs {
			if tokens == 1 {
				rhs = append(rhs, uint32(all[s*topK+i]))
			} else if i%topK == 0 {
				for _, e := range r.rng.Perm(experts)[:topK] {
					rhs = append(rhs, uint32(e))
				}
			}
		}
		m.rhs[s] = r.words(rhs...)
	}
	return m
}

// project is gather_qmm of x by w.
func (m *block) project(w weights, x, y metal.Buffer, s, rows int) metal.Dispatch {
	lhs := m.lhs
	if rows != m.tokens {
		lhs = m.iota(rows)
	}
	p := kernels.GatherParams{Pairs: uint32(m.tokens * topK), M: 1, N: uint32(w.n), K: uint32(w.k), Experts: experts, Rows: uint32(rows)}
	return dispatch(m.kernel("gather_qmm_%s", m.format), kernels.Bytes(p),
		append(append([]metal.Arg{buf(x)}, w.args()...), buf(lhs), buf(m.rhs[s]), buf(y))...)
}

func (m *block) iota(n int) metal.Buffer {
	var v []uint32
	for i := range n {
		v = append(v, uint32(i))
	}
	return m.words(v...)
}

func (m *block) fused(s int) metal.Dispatch {
	p := kernels.GatherParams{Pairs: uint32(m.tokens * topK), M: 1, N: ffn, K: hidden, Experts: experts, Rows: uint32(m.tokens)}
	return dispatch(m.kernel("gather_qmm_swiglu_%s", m.format), kernels.Bytes(p),
		append(append(append([]metal.Arg{buf(m.x)}, m.gate.args()...), m.up.args()...), buf(m.lhs), buf(m.rhs[s]), buf(m.h))...)
}

func (m *block) swiglu() metal.Dispatch {
	return dispatch(m.kernel("swiglu_%s", m.t), kernels.Bytes(kernels.CountParams{N: uint32(m.tokens * topK * ffn)}), buf(m.g), buf(m.u), buf(m.h))
}

func (m *block) combined(s int) metal.Dispatch {
	p := kernels.CombineParams{M: uint32(m.tokens), TopK: topK, D: hidden, K: ffn, Experts: experts}
	return dispatch(m.kernel("gather_qmm_combine_fp32_%s", m.format), kernels.Bytes(p),
		append(append([]metal.Arg{buf(m.h)}, m.down.args()...), buf(m.rhs[s]), buf(m.weights), buf(m.out))...)
}

// entry is one thing measured in turn.
type entry struct {
	name  string
	bytes int // weights it reads in one set, 0 if a ratio to the stream means nothing
	run   func() time.Duration
	times []time.Duration
}

// program replays f for one set after another. Each program starts two sets
// after the one made before it, so that no program finds in the cache what
// another one of its round has just read.
func (m *block) program(name string, bytes int, f func(s int) []metal.Dispatch) *entry {
	var iterations [][]metal.Dispatch
	for s := range sets {
		iterations = append(iterations, f((s+m.start)%sets))
	}
	m.start += 2
	p, err := m.dev.Record(iterations...)
	if err != nil {
		m.Fatal(err)
	}
	return &entry{name: name, bytes: bytes, run: func() time.Duration {
		t, err := p.Run(context.Background(), 1)
		if err != nil {
			m.Fatal(err)
		}
		return t.Device
	}}
}

// streaming reads a buffer of the size of a projection's codes, each thread its share of every part.
type streaming struct {
	p     unsafe.Pointer
	share int
}

func (s *streaming) chunks(_, from, to int) {
	simd.StreamRead(unsafe.Add(s.p, from*s.share), (to-from)*s.share)
}

func (m *block) stream() *entry {
	pool := m.dev.(*front.Device).Backend().(*device).pool
	data := m.buffer(m.gate.codes.Len()).Bytes()
	part := len(data) / sets
	s := &streaming{share: part / pool.threads &^ 511}
	next := 0
	return &entry{name: "stream", bytes: s.share * pool.threads, run: func() time.Duration {
		pool.begin()
		defer pool.end()
		s.p = unsafe.Pointer(&data[next*part])
		next = (next + 1) % sets
		start := time.Now()
		if err := pool.do(s, pool.threads); err != nil {
			m.Fatal(err)
		}
		return time.Since(start)
	}}
}

// quantile of v, sorted on the way.
func quantile[T ~int64 | ~float64](v []T, q float64) T {
	slices.Sort(v)
	return v[int(q*float64(len(v)-1)+0.5)]
}

// rounds measures the entries in turn, b.N × sets times, one set of experts at
// a time (use -benchtime 20x or so) and reports medians: µs per set, GB/s, and
// the ratio to the stream's GB/s in the same round. The -best metrics compare
// the fastest tenths instead, which other programs disturb least.
func rounds(b *testing.B, entries []*entry) {
	for range 2 * sets {
		for _, e := range entries {
			e.run()
		}
	}
	b.ResetTimer()
	for i := range b.N * sets {
		for j := range entries {
			if i%2 == 1 {
				j = len(entries) - 1 - j
			}
			entries[j].times = append(entries[j].times, entries[j].run())
		}
	}
	b.StopTimer()
	speeds := func(e *entry) []float64 {
		var v []float64
		for _, t := range e.times {
			v = append(v, float64(e.bytes)/float64(t.Nanoseconds()))
		}
		return v
	}
	stream := speeds(entries[0])
	for _, e := range entries {
		v := speeds(e)
		if e.bytes > 0 {
			var ratios []float64
			for i := range v {
				ratios = append(ratios, v[i]/stream[i])
			}
			b.ReportMetric(quantile(ratios, 0.5), e.name+"-ratio")
			b.ReportMetric(quantile(v, 0.9)/quantile(slices.Clone(stream), 0.9), e.name+"-bestratio")
			b.ReportMetric(quantile(v, 0.5), e.name+"-GB/s")
		}
		b.ReportMetric(float64(quantile(e.times, 0.5).Nanoseconds())/1e3, e.name+"-µs")
		b.ReportMetric(float64(quantile(e.times, 0.1).Nanoseconds())/1e3, e.name+"-bestµs")
	}
	b.ReportMetric(0, "ns/op")
}

// BenchmarkDecode is one token with cold weights: every kernel reads its share
// of 340 MB of weights in turn with a plain read of memory.
func BenchmarkDecode(b *testing.B) {
	for _, threads := range []int{1, 2} {
		for _, t := range []dtype.DType{dtype.BF16, dtype.F16, dtype.F32} {
			b.Run(fmt.Sprintf("threads=%d/%s", threads, t), func(b *testing.B) {
				m := newBlock(b, threads, 1, t)
				one := topK * ffn * hidden * 9 / 16
				if t == dtype.F32 {
					one = topK * ffn * hidden * 10 / 16
				}
				list := func(d ...metal.Dispatch) []metal.Dispatch { return d }
				rounds(b, []*entry{
					m.stream(),
					m.program("gather", one, func(s int) []metal.Dispatch { return list(m.project(m.gate, m.x, m.g, s, 1)) }),
					m.program("swiglu", 2*one, func(s int) []metal.Dispatch { return list(m.fused(s)) }),
					m.program("separate", 2*one, func(s int) []metal.Dispatch {
						return list(m.project(m.gate, m.x, m.g, s, 1), m.project(m.up, m.x, m.u, s, 1), m.swiglu())
					}),
					m.program("down", one, func(s int) []metal.Dispatch { return list(m.project(m.down, m.h, m.y, s, topK)) }),
					m.program("downcombine", one, func(s int) []metal.Dispatch { return list(m.combined(s)) }),
					m.program("ffn", 3*one, func(s int) []metal.Dispatch { return list(m.fused(s), m.combined(s)) }),
				})
			})
		}
	}
}

// BenchmarkTokens64 is 64 tokens × top-8 of 128 experts.
func BenchmarkTokens64(b *testing.B) {
	for _, threads := range []int{1, 2} {
		for _, t := range []dtype.DType{dtype.BF16, dtype.F16, dtype.F32} {
			b.Run(fmt.Sprintf("threads=%d/%s", threads, t), func(b *testing.B) {
				m := newBlock(b, threads, 64, t)
				list := func(d ...metal.Dispatch) []metal.Dispatch { return d }
				rounds(b, []*entry{
					m.stream(),
					m.program("gather", 0, func(s int) []metal.Dispatch { return list(m.project(m.gate, m.x, m.g, s, 64)) }),
					m.program("swiglu", 0, func(s int) []metal.Dispatch { return list(m.fused(s)) }),
					m.program("down", 0, func(s int) []metal.Dispatch { return list(m.project(m.down, m.h, m.y, s, 64*topK)) }),
					m.program("downcombine", 0, func(s int) []metal.Dispatch { return list(m.combined(s)) }),
				})
			})
		}
	}
}
