package cpu

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/dtype"
	"github.com/assay-bench/assay/metal/kernels"
)

func TestNames(t *testing.T) {
	r := newRig(t, Options{Threads: 1})
	names := r.lib.Names()
	for _, name := range names {
		if k := r.kernel("%s", name); k.Name() != name {
			t.Errorf("kernel %s is named %s", name, k.Name())
		}
	}
	for _, o := range kernels.All() {
		if native := twins[o.Name] != nil; native == o.GPU {
			t.Errorf("%s has a twin: %t, but is declared for GPUs alone: %t", o.Name, native, o.GPU)
		}
	}
	for _, want := range []string{"gather_qmm_combine_fp32_no_fma_bf16_b4_g64", "moe_combine_exact_f16", "argmax_f32", "quantized_matmul_f16_b3_g128"} {
		if !slices.Contains(names, want) {
			t.Errorf("names lack %s", want)
		}
	}
}

func TestUnknownKernel(t *testing.T) {
	r := newRig(t, Options{Threads: 1})
	for _, name := range []string{"gather_qmm_bf16_b4_g63", "", "swiglu", "gather_qmm_bf16_b7_g64", "gather_qmm_bf16_b4_g64x"} {
		_, err := r.lib.Kernel(name, nil)
		if !errors.Is(err, metal.ErrNoKernel) || !strings.Contains(err.Error(), "near names: ") {
			t.Errorf("kernel %q: %v", name, err)
		}
	}
	_, err := r.lib.Kernel("gather_qmm_bf16_b4_g63", nil)
	if !strings.Contains(err.Error(), "gather_qmm_bf16_b4_g64") {
		t.Errorf("the nearest name is missing: %v", err)
	}
}

// moe is a small MoE block and its dispatches.
func moe(r *rig) ([]metal.Dispatch, metal.Buffer) {
	const tokens, top, e, n, k = 1, 2, 4, 64, 128
	f := format{"bf16_b4_g64", weights{t: dtype.BF16, bits: 4, group: 64}}
	gate, up, down := r.random(f, e, n, k), r.random(f, e, n, k), r.random(f, e, k, n)
	x, logits := r.values(f.t, tokens*k, 1), r.values(f.t, tokens*e, 1)
	lhs, rhs, w := r.words(0, 0), r.words(0, 0), r.buffer(4)
	h, out := r.buffer(top*n*2), r.buffer(k*2)
	return []metal.Dispatch{
		dispatch(r.kernel("topk_gating_bf16"), kernels.Bytes(kernels.GatingParams{M: tokens, Experts: e, TopK: top, Norm: 1}), buf(logits), buf(rhs), buf(w)),
		dispatch(r.kernel("gather_qmm_swiglu_%s", f.name), kernels.Bytes(kernels.GatherParams{Pairs: top, M: 1, N: n, K: k, Experts: e, Rows: tokens}),
			append(append(append([]metal.Arg{buf(x)}, gate.args()...), up.args()...), buf(lhs), buf(rhs), buf(h))...),
		dispatch(r.kernel("gather_qmm_combine_exact_%s", f.name), kernels.Bytes(kernels.CombineParams{M: tokens, TopK: top, D: k, K: n, Experts: e}),
			append(append([]metal.Arg{buf(h)}, down.args()...), buf(rhs), buf(w), buf(out))...),
	}, rhs
}

func TestRunAllocatesNothing(t *testing.T) {
	for _, threads := range []int{1, 2, 5} {
		r := newRig(t, Options{Threads: threads})
		decode, _ := moe(r)
		w := r.random(format{"", weights{t: dtype.F16, bits: 3, group: 32}}, 3, 40, 256)
		const m, top = 5, 2
		x, rhs := r.values(dtype.F16, m*top*256, 1), r.words(0, 1, 2, 1, 1, 0, 2, 0, 1, 2)
		scores, out := r.values(dtype.F16, m*top, 1), r.buffer(m*40*2)
		prefill := []metal.Dispatch{dispatch(r.kernel("gather_qmm_combine_fp32_f16_b3_g32"),
			kernels.Bytes(kernels.CombineParams{M: m, TopK: top, D: 40, K: 256, Experts: 3}),
			append(append([]metal.Arg{buf(x)}, w.args()...), buf(rhs), buf(scores), buf(out))...)}
		p, err := r.dev.Record(decode, prefill)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if n := testing.AllocsPerRun(20, func() {
			if _, err := p.Run(ctx, 3); err != nil {
				t.Fatal(err)
			}
		}); n != 0 {
			t.Errorf("%d threads: a run allocates %v times", threads, n)
		}
		p.Release()
	}
}

func TestIterationsRotate(t *testing.T) {
	r := newRig(t, Options{Threads: 1})
	zero, one, two, y := r.floats(dtype.F32, 0), r.floats(dtype.F32, 1), r.floats(dtype.F32, 10), r.floats(dtype.F32, 0)
	add := func(b metal.Buffer) []metal.Dispatch {
		return []metal.Dispatch{dispatch(r.kernel("add_f32"), kernels.Bytes(kernels.CountParams{N: 1}), buf(y), buf(b), buf(y))}
	}
	p, err := r.dev.Record(add(zero), add(one), add(two))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		n    int
		want float64
	}{{2, 1}, {1, 11}, {4, 22}, {2, 33}} {
		times, err := p.Run(context.Background(), c.n)
		if err != nil {
			t.Fatal(err)
		}
		if got := at(y, dtype.F32, 0); got != c.want {
			t.Errorf("after %d more runs y = %v, want %v", c.n, got, c.want)
		}
		if times.Device <= 0 || times.Wall < times.Device+times.Encode {
			t.Errorf("times %+v do not add up", times)
		}
	}
}

func TestSubmit(t *testing.T) {
	r := newRig(t, Options{Threads: 2})
	d, _ := moe(r)
	for range 3 {
		times, err := r.dev.Submit(context.Background(), d)
		if err != nil {
			t.Fatal(err)
		}
		if times.Encode <= 0 || times.Device <= 0 || times.Wall < times.Device+times.Encode {
			t.Errorf("times %+v do not add up", times)
		}
	}
}

func TestRunStopsWithContext(t *testing.T) {
	r := newRig(t, Options{Threads: 2})
	d, _ := moe(r)
	p, err := r.dev.Record(d)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	beats := 0
	_, err = p.Run(metal.WithBeat(ctx, func() {
		if beats++; beats == 3 {
			cancel()
		}
	}), 1<<40)
	if !errors.Is(err, context.Canceled) || beats != 3 {
		t.Errorf("run of 2^40 iterations, cancelled after 3: %v after %d beats", err, beats)
	}
	if _, err := r.dev.Submit(ctx, d); !errors.Is(err, context.Canceled) {
		t.Errorf("submit with a cancelled context: %v", err)
	}
}

func TestMemory(t *testing.T) {
	r := newRig(t, Options{Threads: 1, MemoryLimit: 10 << 20})
	a, b := r.buffer(100), r.buffer(5<<20)
	if got := r.dev.Memory(); got.Current != 5<<20+100 || got.Peak != got.Current {
		t.Errorf("memory is %+v after buffers of 100 bytes and 5 MiB", got)
	}
	if _, err := r.dev.NewBuffer(6 << 20); !errors.Is(err, metal.ErrOutOfMemory) {
		t.Errorf("6 MiB more within 10 MiB: %v", err)
	}
	for _, n := range []int{0, -1} {
		if _, err := r.dev.NewBuffer(n); err == nil {
			t.Errorf("a buffer of %d bytes was made", n)
		}
	}
	if _, err := r.dev.NewBuffer(math.MaxInt); !errors.Is(err, metal.ErrOutOfMemory) {
		t.Errorf("a buffer of all address space: %v", err)
	}
	b.Release()
	b.Release()
	if got := r.dev.Memory(); got.Current != 100 || got.Peak != 5<<20+100 {
		t.Errorf("memory is %+v after the release", got)
	}
	if err := b.Write(0, []byte{1}); err == nil {
		t.Error("write after release succeeded")
	}
	if err := a.Write(99, []byte{1, 2}); err == nil {
		t.Error("write past the end succeeded")
	}
	if err := a.Read(-1, []byte{1}); err == nil {
		t.Error("read before the start succeeded")
	}
}

func TestReleasedWhileRecorded(t *testing.T) {
	r := newRig(t, Options{Threads: 1})
	d, rhs := moe(r)
	p, err := r.dev.Record(d)
	if err != nil {
		t.Fatal(err)
	}
	rhs.Release()
	if _, err := p.Run(context.Background(), 1); !errors.Is(err, metal.ErrFault) {
		t.Errorf("run with a released buffer: %v", err)
	}
	p.Release()
	if _, err := p.Run(context.Background(), 1); err == nil {
		t.Error("run of a released program succeeded")
	}
	r.dev.Close()
	if _, err := r.dev.NewBuffer(1); !errors.Is(err, metal.ErrLost) {
		t.Errorf("buffer of a closed device: %v", err)
	}
	if _, err := r.dev.Record(d); !errors.Is(err, metal.ErrLost) {
		t.Errorf("record on a closed device: %v", err)
	}
}

func TestOptions(t *testing.T) {
	for _, o := range []Options{{Threads: -1}, {Threads: 1 << 20}, {SIMD: "mmx"}, {MemoryLimit: -1}} {
		if dev, err := Open(o); err == nil {
			dev.Close()
			t.Errorf("options %+v were accepted", o)
		}
	}
	r := newRig(t, Options{Threads: 3, SIMD: "go"})
	info := r.dev.Info()
	if info.Kind != metal.CPU || info.Cores != 3 || info.Simulated || info.Facts["simd"] != "go" || info.Name == "" || info.Memory <= 0 {
		t.Errorf("info %+v", info)
	}
}
