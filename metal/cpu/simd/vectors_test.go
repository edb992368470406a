package simd

import (
	"math"
	"math/rand/v2"
	"testing"
	"unsafe"

	"github.com/assay-bench/assay/metal/dtype"
)

// floats are random bit patterns, so every exponent, infinities and NaN.
func floats(r *rand.Rand, n int) []float32 {
	f := make([]float32, n)
	for i := range f {
		f[i] = math.Float32frombits(r.Uint32())
	}
	return f
}

func same(a, b float32) bool {
	return math.Float32bits(a) == math.Float32bits(b) || a != a && b != b
}

func TestLoadAllPatterns(t *testing.T) {
	src := make([]uint16, 1<<16)
	for i := range src {
		src[i] = uint16(i)
	}
	for _, typ := range []dtype.DType{dtype.F16, dtype.BF16} {
		dst := make([]float32, len(src))
		Load(dst, unsafe.Pointer(&src[0]), typ)
		for i, got := range dst {
			if want := Load1(unsafe.Pointer(&src[0]), i, typ); !same(got, want) {
				t.Fatalf("%s %#04x = %v, want %v", typ, i, got, want)
			}
		}
	}
}

func TestStoreRounds(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	src := floats(r, 1<<18)
	for i := 0; i < 1<<16; i++ { // ties and their neighbours, in bfloat16's and binary16's place
		src[i] = math.Float32frombits(uint32(i)<<16 | 0x8000 + uint32(i%3) - 1)
		src[1<<16+i] = math.Float32frombits(math.Float32bits(dtype.F16ToF32(uint16(i))) | 0x1000 + uint32(i%3) - 1)
	}
	for _, typ := range []dtype.DType{dtype.F16, dtype.BF16} {
		dst := make([]uint16, len(src))
		Store(unsafe.Pointer(&dst[0]), src, typ)
		for i, v := range src {
			if got, want := Load1(unsafe.Pointer(&dst[0]), i, typ), typ.Round(v); !same(got, want) {
				t.Fatalf("%s of %v (%#x) = %v, want %v", typ, v, math.Float32bits(v), got, want)
			}
		}
	}
}

// TestLengths: every function handles lengths that are no multiple of a vector.
func TestLengths(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	for n := range 70 {
		g, u, acc := make([]float32, n), make([]float32, n), make([]float32, n)
		for i := range n {
			g[i], u[i], acc[i] = r.Float32()*40-20, r.Float32()*2-1, r.Float32()
		}
		silu, add, fused, mul := make([]float32, n), make([]float32, n), append([]float32{}, acc...), append([]float32{}, acc...)
		SiluMul(silu, g, u)
		Add(add, g, u)
		FMA(fused, u, 0.7)
		MulAdd(mul, u, 0.7)
		var dot float64
		for i := range n {
			want := float64(g[i]) / (1 + math.Exp(-float64(g[i]))) * float64(u[i])
			if math.Abs(float64(silu[i])-want) > 5e-7*math.Abs(want) {
				t.Errorf("silu(%v)·%v = %v, want %v", g[i], u[i], silu[i], want)
			}
			if add[i] != g[i]+u[i] {
				t.Errorf("add[%d] = %v", i, add[i])
			}
			if want := float32(float64(float32(0.7))*float64(u[i]) + float64(acc[i])); math.Abs(float64(fused[i]-want)) > 1e-7 {
				t.Errorf("fma[%d] = %v, want %v", i, fused[i], want)
			}
			if p := float32(float32(0.7) * u[i]); mul[i] != acc[i]+p {
				t.Errorf("muladd[%d] = %v, want %v", i, mul[i], acc[i]+p)
			}
			dot += float64(g[i]) * float64(u[i])
		}
		if got := Dot(g, u); math.Abs(float64(got)-dot) > 1e-5*float64(n+1) {
			t.Errorf("dot of %d = %v, want %v", n, got, dot)
		}
	}
}

func TestSiluExtremes(t *testing.T) {
	inf := float32(math.Inf(1))
	g := []float32{0, float32(math.Copysign(0, -1)), 100, -100, 1e30, -1e30, inf, float32(math.NaN()), 88, -88, 89, -89, 1e-40, -1e-40, 5, -5}
	u := make([]float32, len(g))
	for i := range u {
		u[i] = 1
	}
	SiluMul(u, g, u)
	for i, x := range g {
		want := float64(x) / (1 + math.Exp(-float64(x)))
		if d := math.Abs(float64(u[i]) - want); !(d <= 1e-6*math.Abs(want)+1e-7) && !same(u[i], float32(want)) && x > -1e29 {
			t.Errorf("silu(%v) = %v, want %v", x, u[i], want)
		}
	}
}
