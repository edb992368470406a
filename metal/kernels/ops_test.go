package kernels

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/dtype"
	"github.com/assay-bench/assay/metal/quant"
)

type op struct {
	name  string
	build func(*Set) ([]metal.Dispatch, error)
}

func ops(t *testing.T) []op {
	f := quant.Format{Bits: 4, Group: 64, DType: dtype.F32}
	one, four := weights(t, f, 1, 8, 128), weights(t, f, 4, 8, 128)
	down := weights(t, f, 4, 16, 64)
	b := floats
	return []op{
		{"quantized_matmul_f32_b4_g64", func(s *Set) ([]metal.Dispatch, error) {
			return s.QuantizedMatmul(QuantizedMatmul{X: b(256), Y: b(16), W: one, M: 2})
		}},
		{"gather_qmm_f32_b4_g64", func(s *Set) ([]metal.Dispatch, error) {
			return s.GatherQMM(GatherQMM{X: b(256), LHS: b(6), RHS: b(6), Y: b(48), W: four, Pairs: 6, M: 1, Rows: 2})
		}},
		{"gather_qmm_swiglu_f32_b4_g64", func(s *Set) ([]metal.Dispatch, error) {
			return s.GatherQMMSwiglu(GatherQMMSwiglu{X: b(256), LHS: b(6), RHS: b(6), Y: b(48), Gate: four, Up: four, Pairs: 6, M: 1, Rows: 2})
		}},
		{"gather_qmm_combine_fp32_no_fma_f32_b4_g64", func(s *Set) ([]metal.Dispatch, error) {
			return s.GatherQMMCombine(GatherQMMCombine{H: b(384), RHS: b(6), Scores: b(6), Out: b(48), Down: down, Tokens: 3, TopK: 2, Mode: FP32NoFMA})
		}},
		{"swiglu_f32", func(s *Set) ([]metal.Dispatch, error) {
			return s.Swiglu(Swiglu{Gate: b(9), Up: b(9), Y: b(9), N: 9})
		}},
		{"topk_gating_f32", func(s *Set) ([]metal.Dispatch, error) {
			return s.TopKGating(TopKGating{Logits: b(16), Indices: b(4), Scores: b(4), Tokens: 2, Experts: 8, TopK: 2})
		}},
		{"moe_combine_exact_f32", func(s *Set) ([]metal.Dispatch, error) {
			return s.MoECombine(MoECombine{Y: b(32), Scores: b(4), Out: b(16), Tokens: 2, TopK: 2, D: 8, Mode: Exact})
		}},
		{"progressive_swiglu_f32_b4_g64", func(s *Set) ([]metal.Dispatch, error) {
			return s.ProgressiveSwiglu(ProgressiveSwiglu{X: b(128), Y: b(8), Refined: b(8), Gate: one, Up: one, M: 1, Epsilon: -1})
		}},
		{"softmax_f32", func(s *Set) ([]metal.Dispatch, error) { return s.Softmax(Softmax{X: b(8), Y: b(8), M: 2, D: 4}) }},
		{"rms_norm_f32", func(s *Set) ([]metal.Dispatch, error) {
			return s.RMSNorm(RMSNorm{X: b(8), Weight: b(4), Y: b(8), M: 2, D: 4, Eps: 1e-6})
		}},
		{"add_rms_norm_f32", func(s *Set) ([]metal.Dispatch, error) {
			return s.AddRMSNorm(AddRMSNorm{X: b(8), Residual: b(8), Weight: b(4), Sum: b(8), Y: b(8), M: 2, D: 4, Eps: 1e-6})
		}},
		{"rope_f32", func(s *Set) ([]metal.Dispatch, error) {
			return s.Rope(Rope{X: b(48), At: b(1), Y: b(48), M: 3, H: 2, D: 8, Base: 1e6, Scale: 1})
		}},
		{"rope_cache_f32", func(s *Set) ([]metal.Dispatch, error) {
			return s.RopeCache(RopeCache{
				Q: b(96), K: b(48), V: b(48), QNorm: b(8), KNorm: b(8), At: b(1), Y: b(96), Keys: b(64), Values: b(64),
				M: 3, H: 4, KV: 2, D: 8, Stride: 4, Base: 1e6, Scale: 1,
			})
		}},
		{"cache_append_f32", func(s *Set) ([]metal.Dispatch, error) {
			return s.CacheAppend(CacheAppend{K: b(48), V: b(48), At: b(1), Keys: b(64), Values: b(64), M: 3, KV: 2, D: 8, Stride: 4})
		}},
		{"sdpa_f32", func(s *Set) ([]metal.Dispatch, error) {
			return s.SDPA(SDPA{Q: b(96), Keys: b(64), Values: b(64), At: b(1), Out: b(96), M: 3, H: 4, KV: 2, Stride: 4, D: 8, Scale: 1})
		}},
		{"advance_f32", func(s *Set) ([]metal.Dispatch, error) {
			return s.Advance(Advance{At: b(1), Next: b(1), Step: 1, First: 3, End: 9})
		}},
		{"add_f32", func(s *Set) ([]metal.Dispatch, error) { return s.Add(Add{A: b(9), B: b(9), Y: b(9), N: 9}) }},
		{"embedding_f32_b4_g64", func(s *Set) ([]metal.Dispatch, error) {
			return s.Embedding(Embedding{IDs: b(2), Y: b(256), W: one, M: 2})
		}},
		{"argmax_f32", func(s *Set) ([]metal.Dispatch, error) { return s.Argmax(Argmax{X: b(8), Index: b(2), M: 2, D: 4}) }},
	}
}

func TestOpsBindTheirSignature(t *testing.T) {
	built := map[*Op]bool{}
	for _, o := range ops(t) {
		s, d := newSet(t)
		kernel, _ := Find(o.name)
		built[kernel.Op] = true
		args := len(kernel.Op.Bindings(kernel.Format))
		for range 2 {
			got, err := o.build(s)
			if err != nil {
				t.Errorf("%s: %v", o.name, err)
				continue
			}
			if len(got) != 1 || got[0].Kernel.Name() != o.name || len(got[0].Args) != args {
				t.Errorf("%s: got %d dispatches, first %v with %d arguments, want %d", o.name, len(got), got[0].Kernel, len(got[0].Args), args)
			}
			last := got[0].Args[len(got[0].Args)-1]
			if len(last.Bytes) == 0 || len(last.Bytes)%4 != 0 {
				t.Errorf("%s: the last argument is not a parameter block", o.name)
			}
			if g := got[0].Grid; g.X < 1 || got[0].Threadgroup.Threads() > 1024 {
				t.Errorf("%s: grid %v threadgroup %v", o.name, g, got[0].Threadgroup)
			}
		}
		if len(d.compiled) != 1 || len(d.looked) != 1 {
			t.Errorf("%s: compiled %d times and looked up %d times in two builds", o.name, len(d.compiled), len(d.looked))
		}
		if _, err := s.Kernel(o.name); err != nil || len(d.compiled) != 1 || len(d.looked) != 2 {
			t.Errorf("%s: Kernel must look up again and not compile again: %d, %d, %v", o.name, len(d.looked), len(d.compiled), err)
		}
	}
	for _, o := range All() {
		if !o.GPU && !built[o] {
			t.Errorf("%s has no builder in this test", o.Name)
		}
	}
}

func TestFaultsNameWhatIsWrong(t *testing.T) {
	f := quant.Format{Bits: 4, Group: 64, DType: dtype.F16}
	w := weights(t, f, 4, 8, 128)
	good := GatherQMM{X: floats(128), LHS: floats(2), RHS: floats(2), Y: floats(16), W: w, Pairs: 2, M: 1, Rows: 1}
	swiglu := GatherQMMSwiglu{X: floats(128), LHS: floats(2), RHS: floats(2), Y: floats(16), Gate: w, Up: w, Pairs: 2, M: 1, Rows: 1}
	cases := []struct {
		want  string
		build func(*Set) error
	}{
		{"bits are not supported", gather(good, func(a *GatherQMM) { a.W.Bits = 7 })},
		{"group size 48", gather(good, func(a *GatherQMM) { a.W.Group = 48 })},
		{"do not divide into groups", gather(good, func(a *GatherQMM) { a.W.K = 96 })},
		{"Pairs is 0, want 1 to 2147483647", gather(good, func(a *GatherQMM) { a.Pairs = 0 })},
		{"Pairs is out of range", gather(good, func(a *GatherQMM) { a.Pairs = -2 })},
		{"lhs is not set", gather(good, func(a *GatherQMM) { a.LHS = metal.Arg{} })},
		{"y must be a buffer", gather(good, func(a *GatherQMM) { a.Y = metal.Arg{Bytes: make([]byte, 64)} })},
		{"x: shape [9 1 128] needs 2304 bytes, the buffer has 512", gather(good, func(a *GatherQMM) { a.Rows = 9 })},
		{"offset 3 is not a multiple", gather(good, func(a *GatherQMM) { a.RHS.Offset = 3 })},
		{"x: offset 8 is not a multiple of 16", gather(good, func(a *GatherQMM) { a.X.Offset = 8 })},
		{"w: offset 4 is not a multiple of 16", gather(good, func(a *GatherQMM) { a.W.Packed.Offset = 4; a.W.N = 7 })},
		{"the buffer has 0 after offset 4000", gather(good, func(a *GatherQMM) { a.X.Offset = 4000 })},
		{"scales: shape [4 8 128] needs 128 bytes, the buffer has 4", gather(good, func(a *GatherQMM) { a.W.Scales = floats(1) })},
		{"at most 4096", gather(good, func(a *GatherQMM) { a.X = metal.Arg{Bytes: make([]byte, 8192)} })},
		{"too large", gather(good, func(a *GatherQMM) { a.Rows = 1 << 30; a.M = 1 << 30 })},
		{"up is [4 4 128] f16_b4_g64, want [4 8 128] f16_b4_g64", func(s *Set) error {
			a := swiglu
			a.Up.N = 4
			_, err := s.GatherQMMSwiglu(a)
			return err
		}},
		{"w is [4 8 128] f16_b4_g64, want [1 8 128] f16_b4_g64", func(s *Set) error {
			_, err := s.QuantizedMatmul(QuantizedMatmul{X: floats(128), Y: floats(8), W: w, M: 1})
			return err
		}},
		{`combine mode "fast"`, func(s *Set) error {
			_, err := s.MoECombine(MoECombine{Y: floats(1), Scores: floats(1), Out: floats(1), Tokens: 1, TopK: 1, D: 1, Mode: "fast"})
			return err
		}},
		{"TopK 9 of 8 experts", func(s *Set) error {
			_, err := s.TopKGating(TopKGating{Logits: floats(8), Indices: floats(9), Scores: floats(9), Tokens: 1, Experts: 8, TopK: 9})
			return err
		}},
		{"3-bit affine weights are not supported here, want affine ones of [4 8] bits", func(s *Set) error {
			w := weights(t, quant.Format{Bits: 3, Group: 64, DType: dtype.F16}, 1, 8, 128)
			_, err := s.ProgressiveSwiglu(ProgressiveSwiglu{X: floats(128), Y: floats(8), Refined: floats(8), Gate: w, Up: w, M: 1})
			return err
		}},
		{"keys: shape [1 3 8] needs 96 bytes, the buffer has 64", func(s *Set) error {
			_, err := s.SDPA(SDPA{Q: floats(8), Keys: floats(16), Values: floats(64), At: floats(1), Out: floats(8), M: 1, H: 1, KV: 1, Stride: 3, D: 8})
			return err
		}},
		{"D 512, heads have at most 256", func(s *Set) error {
			_, err := s.SDPA(SDPA{M: 1, H: 1, KV: 1, Stride: 3, D: 512})
			return err
		}},
		{"3 query heads do not divide", func(s *Set) error {
			_, err := s.SDPA(SDPA{M: 1, H: 3, KV: 2, Stride: 3, D: 8})
			return err
		}},
		{"KV is 0", func(s *Set) error {
			_, err := s.SDPA(SDPA{M: 1, H: 3, KV: 0, Stride: 3, D: 8})
			return err
		}},
		{"D 7 is odd", func(s *Set) error {
			_, err := s.Rope(Rope{X: floats(7), At: floats(1), Y: floats(7), M: 1, H: 1, D: 7, Base: 1e6})
			return err
		}},
		{"w has 0 rows", func(s *Set) error {
			w := weights(t, f, 1, 8, 128)
			w.N = 0
			_, err := s.Embedding(Embedding{IDs: floats(1), Y: floats(64), W: w, M: 1})
			return err
		}},
		{"w: shape [1 9 128] needs", func(s *Set) error {
			w := weights(t, f, 1, 8, 128)
			w.N = 9
			_, err := s.Embedding(Embedding{IDs: floats(1), Y: floats(64), W: w, M: 1})
			return err
		}},
		{"unknown activation type", func(s *Set) error {
			_, err := s.Add(Add{A: floats(1), B: floats(1), Y: floats(1), N: 1, DType: 9})
			return err
		}},
	}
	for _, c := range cases {
		s, _ := newSet(t)
		err := c.build(s)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("got %v, want …%s…", err, c.want)
		}
	}
}

func gather(a GatherQMM, change func(*GatherQMM)) func(*Set) error {
	return func(s *Set) error {
		a := a
		change(&a)
		_, err := s.GatherQMM(a)
		return err
	}
}

func TestLoadRefuses(t *testing.T) {
	if _, err := Load(context.Background(), nil); err == nil {
		t.Error("no device was accepted")
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Load(ctx, &fakeDevice{}); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled context gave %v", err)
	}
}

func TestKernelNames(t *testing.T) {
	seen := map[string]bool{}
	for _, name := range Names() {
		k, ok := Find(name)
		if !ok || k.Name() != name || seen[name] {
			t.Errorf("%s: came back as %v, %v, seen before: %t", name, k, ok, seen[name])
		}
		seen[name] = true
	}
	for _, name := range []string{
		"gather_qmm_bf16_b4_g64", "gather_qmm_grouped_bf16_b4_g64", "moe_combine_fp32_no_fma_f16",
		"gather_qmm_combine_fp32_f32_b8_g128", "gather_qmm_combine_sum_exact_f16_b2_g32", "rope_f32",
	} {
		if !seen[name] {
			t.Errorf("%s is not among the kernels", name)
		}
	}
	s, _ := newSet(t)
	for _, name := range []string{"", "gather_qmm", "Rope_f32", "rope_f64", "add_f16_b4", "add_f16_b4_g64", "progressive_swiglu_f16_b3_g64", "moe_combine_f16", "rope_tiled_f32"} {
		if _, err := s.Kernel(name); !errors.Is(err, metal.ErrNoKernel) {
			t.Errorf("%q: got %v, want ErrNoKernel", name, err)
		}
	}
}

func TestExpertIsAViewOfItsMatrix(t *testing.T) {
	f := quant.Format{Bits: 3, Group: 32, DType: dtype.BF16}
	q, err := quant.New(f, 3, 5, 64)
	if err != nil {
		t.Fatal(err)
	}
	for i := range q.Packed {
		q.Packed[i] = byte(i)
	}
	w, err := NewWeights(&fakeDevice{}, q)
	if err != nil {
		t.Fatal(err)
	}
	e := w.Expert(2)
	got := make([]byte, 5*24) // 5 rows of 64 codes of 3 bits
	_ = e.Packed.Buffer.Read(e.Packed.Offset, got)
	if string(got) != string(q.Expert(2).Packed) {
		t.Error("expert 2's codes are not where the view points")
	}
	if w.Bytes() != q.Bytes() || e.Bytes()*3 != w.Bytes() {
		t.Errorf("bytes: %d of one expert, %d of three, %d stored", e.Bytes(), w.Bytes(), q.Bytes())
	}
}

func TestUploadDownload(t *testing.T) {
	d := &fakeDevice{}
	a, err := Upload(d, dtype.BF16, []float32{1, 2.5, -3})
	if err != nil {
		t.Fatal(err)
	}
	got, err := Download(a, dtype.BF16, 3)
	if err != nil || got[1] != 2.5 || got[2] != -3 {
		t.Errorf("got %v, %v", got, err)
	}
	u, err := UploadUint32(d, []uint32{7, 1 << 31})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := DownloadUint32(u, 2); err != nil || got[0] != 7 || got[1] != 1<<31 {
		t.Errorf("got %v, %v", got, err)
	}
	if _, err := Upload(d, dtype.F32, nil); err == nil {
		t.Error("an empty upload was accepted")
	}
	if _, err := Download(metal.Arg{}, dtype.F32, 1); err == nil {
		t.Error("a download from nothing was accepted")
	}
}
