package decoder

import (
	"context"
	"flag"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/assay-bench/assay/core/sdk"
	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/devices"
	"github.com/assay-bench/assay/metal/kernels"
	"github.com/assay-bench/assay/metal/reference"
	"github.com/assay-bench/assay/plugins/internal/moe"
)

var (
	only = flag.String("device", "", "kind of device to test; empty means cpu and sim")
	full = flag.Bool("full", false, "at the width of Qwen3-30B-A3B too: some minutes")
)

func kinds() []string {
	if *only != "" {
		return []string{*only}
	}
	return []string{string(metal.CPU), string(metal.Sim)}
}

// open is a device, or the reason why the test is skipped.
func open(t *testing.T, kind string) metal.Device {
	t.Helper()
	for _, status := range devices.List(t.Context()) {
		if string(status.Kind) == kind && !status.Available && *only == "" {
			t.Skip(status.Reason)
		}
	}
	dev, err := devices.Open(t.Context(), kind, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = dev.Close() })
	return dev
}

// rig is a model's weights on a device, and a cache.
type rig struct {
	*testing.T
	dev   metal.Device
	set   *kernels.Set
	w     *Weights
	cache *Cache
}

func newRig(t *testing.T, dev metal.Device, spec moe.Spec, vocab, positions int) *rig {
	t.Helper()
	m, faults := Resolve(spec, vocab)
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	set, err := kernels.Load(context.WithoutCancel(t.Context()), dev)
	if err != nil {
		t.Fatal(err)
	}
	var pool kernels.Pool
	lease, buffers := pool.Lease(dev), &kernels.Buffers{Device: dev}
	t.Cleanup(buffers.Release)
	t.Cleanup(lease.Release)
	w, err := NewWeights(lease, buffers, m, 7)
	if err != nil {
		t.Fatal(err)
	}
	cache, err := NewCache(dev, m, positions)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cache.Release)
	return &rig{t, dev, set, w, cache}
}

// decode fills the cache with all tokens but the last, which the first step reads.
func (r *rig) decode(form Form, tokens []uint32, chunk, steps int) (*Decode, metal.Program) {
	r.Helper()
	last := len(tokens) - 1
	if err := r.cache.Fill(r.Context(), r.set, r.w, tokens[:last], chunk, func(float64) {}); err != nil {
		r.Fatal(err)
	}
	d, err := NewDecode(r.set, r.w, r.cache, form, tokens[last], last, steps)
	if err != nil {
		r.Fatal(err)
	}
	r.Cleanup(d.Release)
	program, err := kernels.Replay(r.dev, 1, func(int) ([]metal.Dispatch, error) { return d.Ops() })
	if err != nil {
		r.Fatal(err)
	}
	r.Cleanup(program.Release)
	return d, program
}

// forms are the ends of what can be fused.
func forms() map[string]Form {
	return map[string]Form{
		"separate": {Form: moe.Form{Combine: kernels.FP32}},
		"fused":    {Form: moe.Form{Gating: true, GateUp: true, DownCombine: true, Combine: kernels.FP32}, QKV: true, Rope: true, AddNorm: true},
	}
}

// A prompt in chunks and then greedy tokens are what float64 makes of the same weights,
// step by step, in every form.
func TestDecodeAgainstFloat64(t *testing.T) {
	for _, tt := range []struct {
		model                 string
		layers, experts       int
		vocab, prompt, greedy int
		full                  bool
	}{
		{"tiny", 2, 4, 96, 9, 32, false},
		{"tiny-llama", 2, 0, 96, 6, 12, false},
		{"qwen3-30b-a3b", 2, 16, 2048, 6, 32, true},
	} {
		for _, kind := range kinds() {
			for name, form := range forms() {
				t.Run(fmt.Sprintf("%s on %s, %s", tt.model, kind, name), func(t *testing.T) {
					if tt.full && (!*full || kind == string(metal.Sim)) {
						t.Skip("-full runs it, on a device that is no simulator")
					}
					spec := moe.Spec{Model: tt.model, DType: new("float32"), Layers: tt.layers, Experts: tt.experts}
					r := newRig(t, open(t, kind), spec, tt.vocab, tt.prompt+tt.greedy)
					prompt := moe.Tokens(3, tt.vocab, tt.prompt)
					d, program := r.decode(form, prompt, 4, tt.greedy)
					got, err := d.Greedy(t.Context(), program, tt.greedy)
					if err != nil {
						t.Fatal(err)
					}
					r.compare(prompt, got)
					if _, err := program.Run(t.Context(), 2); err != nil {
						t.Fatal(err)
					}
					r.passed(d.Verify(5))
				})
			}
		}
	}
}

func (r *rig) passed(checks []sdk.Check, err error) {
	r.Helper()
	if err != nil || len(checks) == 0 {
		r.Fatalf("%d checks, %v", len(checks), err)
	}
	for _, c := range checks {
		if !c.Passed {
			r.Errorf("%s is %g, at most %g: %s", c.Name, c.Value, c.Limit, c.Detail)
		}
	}
}

// A step is the same program at every position, goes back where it began, and a run
// of it allocates nothing for each.
func TestStepsAreReplayed(t *testing.T) {
	const steps = 5
	r := newRig(t, open(t, string(metal.CPU)), moe.Spec{Model: "tiny", DType: new("float32"), Layers: 1, Experts: 2}, 64, 20)
	d, program := r.decode(forms()["fused"], moe.Tokens(1, 64, 4), 8, steps)
	first, err := d.Greedy(t.Context(), program, steps)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // of any state
		if _, err := program.Run(t.Context(), 3); err != nil {
			t.Fatal(err)
		}
		again, err := d.Greedy(t.Context(), program, steps)
		if err != nil || !slices.Equal(again.Tokens, first.Tokens) {
			t.Errorf("tokens %v, then %v, %v", first.Tokens, again.Tokens, err)
		}
	}
	if _, err := program.Run(t.Context(), steps); err != nil {
		t.Fatal(err)
	}
	if at, err := kernels.DownloadUint32(d.at, 1); err != nil || int(at[0]) != d.First {
		t.Errorf("after %d steps the next is at %v, %v, want %d", steps, at, err, d.First)
	}
	run := func(n int) float64 {
		return testing.AllocsPerRun(10, func() {
			if _, err := program.Run(t.Context(), n); err != nil {
				t.Error(err)
			}
		})
	}
	if one, many := run(1), run(9); many > one {
		t.Errorf("a run of one step allocates %g times, of nine steps %g times", one, many)
	}
}

// A prompt is the same in chunks of any size, and goes back where it began.
func TestPrefillInChunks(t *testing.T) {
	dev := open(t, string(metal.CPU))
	prompt := moe.Tokens(2, 64, 13)
	for _, model := range []string{"tiny", "tiny-llama"} {
		var want []float32
		for _, chunk := range []int{13, 64, 5, 1} {
			r := newRig(t, dev, moe.Spec{Model: model, DType: new("float32"), Layers: 2}, 64, 20)
			p, err := NewPrefill(r.set, r.w, r.cache, forms()["fused"], prompt, 3, chunk)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(p.Release)
			program, err := kernels.Replay(dev, 1, func(int) ([]metal.Dispatch, error) { return p.Ops() })
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(program.Release)
			if _, err := program.Run(t.Context(), 2); err != nil {
				t.Fatal(err)
			}
			last, at := p.Last()
			r.passed(last.Verify(at, 1))
			got, err := last.rows(last.h, last.Tokens-1, 1, last.Hidden)
			if err != nil {
				t.Fatal(err)
			}
			if want == nil {
				want = got
			}
			wide := make([]float64, len(want))
			for i, v := range want {
				wide[i] = float64(v)
			}
			if off := reference.MaxError(got, wide); !(off < 1e-5) {
				t.Errorf("%s: the last token of chunks of %d is off by %.3g of that of one chunk", model, chunk, off)
			}
		}
	}
}

// Attention over a context that was drawn is attention all the same.
func TestDrawnContext(t *testing.T) {
	const context = 700
	r := newRig(t, open(t, string(metal.CPU)), moe.Spec{Model: "tiny", Layers: 2}, 64, context+4)
	if err := r.cache.Draw(1, context); err != nil {
		t.Fatal(err)
	}
	d, err := NewDecode(r.set, r.w, r.cache, forms()["separate"], 5, context, 4)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Release)
	program, err := kernels.Replay(r.dev, 1, func(int) ([]metal.Dispatch, error) { return d.Ops() })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(program.Release)
	if _, err := program.Run(t.Context(), 3); err != nil {
		t.Fatal(err)
	}
	r.passed(d.Verify(3))
}

func TestResolveReportsEveryFault(t *testing.T) {
	for _, tt := range []struct {
		spec  moe.Spec
		vocab int
		want  string
	}{
		{moe.Spec{Model: "lfm2-8b-a1b", Layers: 1}, 0, "has short convolutions, and this decoder has none; use one of qwen3-30b-a3b, tiny, qwen3-1.7b"},
		{moe.Spec{Model: "glm-4.7-flash", Layers: 1}, 0, "has multi-head latent attention, and this decoder has none"},
		{moe.Spec{Model: "llama-3-8b", Layers: 33}, 0, "llama-3-8b has 32 layers; use 1 to 32"},
		{moe.Spec{Model: "llama-3-8b", Layers: 1, Experts: 4}, 0, "is dense: leave experts out"},
		{moe.Spec{Model: "tiny", Layers: 1}, 513, "tiny has 512; use 1 to 512, or 0 for all"},
		{moe.Spec{Model: "qwen4", Layers: 1}, 0, "is none of"},
	} {
		_, faults := Resolve(tt.spec, tt.vocab)
		if len(faults) != 1 || !strings.Contains(faults[0].Detail, tt.want) {
			t.Errorf("%+v: %v, want …%s…", tt.spec, faults, tt.want)
		}
	}
}

// compare holds greedy tokens and their logits against float64's, which is given the
// tokens that the device chose.
func (r *rig) compare(prompt []uint32, got Greedy) {
	r.Helper()
	o := newOracle(r.T, r.w)
	var logits []float64
	for _, token := range prompt {
		logits = o.next(token)
	}
	for i, token := range got.Tokens {
		if off := reference.MaxError(got.Logits[i], logits); !(off < 1e-4) {
			r.Fatalf("logits of token %d are off by %.3g of the largest", i, off)
		}
		best := slices.Index(logits, slices.Max(logits))
		if int(token) != best && logits[best]-logits[token] > 1e-4 {
			r.Fatalf("token %d is %d, in float64 %d", i, token, best)
		}
		logits = o.next(token)
	}
}
