package reference

import (
	"math"
	"math/big"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/assay-bench/assay/metal/dtype"
	"github.com/assay-bench/assay/metal/quant"
)

func TestFMA32RoundsOnce(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for range 200_000 {
		a, b := float32(r.NormFloat64()), float32(r.NormFloat64())
		// c of any magnitude beside the product, often cancelling most of it.
		c := float32(-float64(a) * float64(b) * math.Ldexp(1+r.Float64()*0x1p-20, r.IntN(61)-30))
		exact := new(big.Float).SetPrec(300).Mul(big.NewFloat(float64(a)), big.NewFloat(float64(b)))
		exact.Add(exact, new(big.Float).SetPrec(300).SetFloat64(float64(c)))
		want, _ := exact.Float32()
		if got := fma32(a, b, c); got != want {
			t.Fatalf("fma(%b, %b, %b) = %b, want %b", a, b, c, got, want)
		}
	}
	// The product 1+2^-11+2^-24 ties between float32s once c's tiny part is lost.
	x := float32(1 + 0x1p-12)
	if got, want := fma32(x, x, 0x1p-80), math.Nextafter32(1+0x1p-11, 2); got != want {
		t.Errorf("tie broken upwards: got %b, want %b", got, want)
	}
	if got, want := fma32(x, x, -0x1p-80), float32(1+0x1p-11); got != want {
		t.Errorf("tie broken downwards: got %b, want %b", got, want)
	}
}

func TestCombineModesDiffer(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 1))
	y, w := make([]float32, 8*64), make([]float32, 8)
	for i := range y {
		y[i] = dtype.BF16.Round(float32(r.NormFloat64()))
	}
	for i := range w {
		w[i] = dtype.BF16.Round(r.Float32())
	}
	plain, err := Combine(y, w, 8, 64)
	if err != nil {
		t.Fatal(err)
	}
	fma, _ := CombineFMA(y, w, 8, 64, dtype.F32)
	noFMA, _ := CombineNoFMA(y, w, 8, 64, dtype.F32)
	exact, _ := CombineExact(y, w, 8, 64, dtype.BF16)
	for name, c := range map[string]struct {
		got []float32
		tol float64
	}{"fma": {fma, 1e-6}, "no fma": {noFMA, 1e-6}, "exact": {exact, 3e-2}} {
		if e := MaxError(c.got, plain); e > c.tol {
			t.Errorf("%s is off by %g", name, e)
		}
	}
	if MaxError(exact, plain) < 1e-4 {
		t.Error("exact does not round to bfloat16")
	}
}

func TestProgressiveAnchors(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 1))
	for _, bits := range []int{4, 8} {
		f := quant.Format{Bits: bits, Group: 64, DType: dtype.F16}
		gate, err1 := quant.Random(1, f, 1, 24, 256, 1)
		up, err2 := quant.Random(2, f, 1, 24, 256, 1)
		if err1 != nil || err2 != nil {
			t.Fatal(err1, err2)
		}
		x := make([]float32, 2*256)
		for i := range x {
			x[i] = dtype.F16.Round(float32(r.NormFloat64()))
		}
		exact, err := QMMSwiglu(MatMul(x, 2), gate, up, All)
		if err != nil {
			t.Fatal(err)
		}
		always, err := ProgressiveSwiglu(x, 2, gate, up, 0, All)
		if err != nil {
			t.Fatal(err)
		}
		never, _ := ProgressiveSwiglu(x, 2, gate, up, -1, All)
		for i := range exact {
			if math.Abs(always.Y[i]-exact[i]) > 1e-12 || !always.Refined[i] || never.Refined[i] {
				t.Fatalf("b%d element %d: epsilon 0 gives %g, exact is %g", bits, i, always.Y[i], exact[i])
			}
		}
		// Half of the elements refine at the median bound.
		middle, _ := ProgressiveSwiglu(x, 2, gate, up, always.Bound[7], All)
		refined := 0
		for i, b := range middle.Bound {
			if middle.Refined[i] != (b > always.Bound[7]) {
				t.Fatalf("element %d: bound %g, refined %v", i, b, middle.Refined[i])
			}
			if middle.Refined[i] {
				refined++
				if middle.Y[i] != always.Y[i] {
					t.Fatalf("refined element %d is %g, want %g", i, middle.Y[i], always.Y[i])
				}
			} else if middle.Y[i] != never.Y[i] {
				t.Fatalf("rejected element %d is %g, want %g", i, middle.Y[i], never.Y[i])
			}
		}
		if refined == 0 || refined == len(middle.Y) {
			t.Errorf("b%d: %d of %d refined", bits, refined, len(middle.Y))
		}
	}
}

func TestSubsetsAgreeWithTheWhole(t *testing.T) {
	f := quant.Format{Bits: 5, Group: 32, DType: dtype.BF16}
	w, err := quant.Random(4, f, 3, 40, 96, 1)
	if err != nil {
		t.Fatal(err)
	}
	x := make([]float32, 4*2*96)
	for i := range x {
		x[i] = float32(i%17) - 8
	}
	g := Gather{X: x, M: 2, LHS: []uint32{3, 0, 3, 1, 2}, RHS: []uint32{2, 0, 1, 1, 2}}
	whole, err := QMM(g, w, All)
	if err != nil {
		t.Fatal(err)
	}
	pick := Sample(9, 10, 40, 4, 7)
	if len(pick.Rows) != 4 || len(pick.Cols) != 7 || pick.Rows[3] != 9 || pick.Cols[0] != 0 {
		t.Errorf("sample is %v", pick)
	}
	part, err := QMM(g, w, pick)
	if err != nil {
		t.Fatal(err)
	}
	narrowed := make([]float32, len(whole))
	for i, v := range whole {
		narrowed[i] = float32(v)
	}
	picked, err := pick.Of(narrowed, 10, 40)
	if err != nil {
		t.Fatal(err)
	}
	if e := MaxError(picked, part); e > 1e-7 {
		t.Errorf("the subset differs from the whole by %g", e)
	}
}

func TestErrorsOfMeasures(t *testing.T) {
	nan := float32(math.NaN())
	for _, c := range []struct {
		got       []float32
		ref       []float64
		max, mean float64
	}{
		{[]float32{1, 2}, []float64{1, 2.5}, 0.2, 0.5 / 3.5},
		{[]float32{nan, 2}, []float64{1, 2}, math.Inf(1), math.Inf(1)},
		{[]float32{1}, []float64{1, 2}, math.Inf(1), math.Inf(1)},
		{[]float32{1, 3}, []float64{1, math.Inf(1)}, math.Inf(1), math.Inf(1)},
		{[]float32{0, 1}, []float64{0, 0}, 1, 0.5},
	} {
		if e := MaxError(c.got, c.ref); e != c.max {
			t.Errorf("MaxError(%v, %v) = %g, want %g", c.got, c.ref, e, c.max)
		}
		if e := MeanError(c.got, c.ref); e != c.mean {
			t.Errorf("MeanError(%v, %v) = %g, want %g", c.got, c.ref, e, c.mean)
		}
	}
}

func TestRefusals(t *testing.T) {
	w, err := quant.Random(1, quant.Format{Bits: 4, Group: 32}, 2, 8, 64, 1)
	if err != nil {
		t.Fatal(err)
	}
	x := make([]float32, 64)
	for want, err := range map[string]error{
		"want a multiple of":   second(QMM(MatMul(x[:9], 1), w, All)),
		"row 7 of 1":           second(QMM(MatMul(x, 1), w, Subset{Rows: []int{7}})),
		"column -1 of 8":       second(QMM(MatMul(x, 1), w, Subset{Cols: []int{-1}})),
		"expert 5 of 2":        second(QMM(Gather{X: x, M: 1, RHS: []uint32{5}}, w, All)),
		"1 lhs and 2 rhs":      second(QMM(Gather{X: x, M: 1, LHS: []uint32{0}, RHS: []uint32{0, 0}}, w, All)),
		"differ":               second(QMMSwiglu(MatMul(x, 1), w, w.Expert(0), All)),
		"top-k 2":              second(QMMCombine(x, []uint32{0}, []float32{1}, 2, w, All)),
		"scores has 2 values":  second(QMMCombine(x, []uint32{0}, []float32{1, 1}, 1, w, All)),
		"id 8 of 8":            second(Embedding([]uint32{8}, w)),
		"up has 1 values":      second(Swiglu(x, x[:1])),
		"in rows of 3":         second(Softmax(x, 3)),
		"rms_norm":             second(RMSNorm(x, nil, 0)),
		"63 values of 1 heads": second(Rope(x[:63], 1, 64, 0, 1e6, 1)),
		"sdpa":                 second(SDPA(Attention{})),
		"b has 2 values":       second(Add(x, x[:2])),
		"argmax":               second(Argmax(nil, 4)),
		"top 2":                second(Combine(x, x[:3], 2, 1)),
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want …%s…", err, want)
		}
	}
	if _, _, err := TopKGating(x, 64, 65, true); err == nil {
		t.Error("top 65 of 64 was accepted")
	}
}

func second[T any](_ T, err error) error { return err }
