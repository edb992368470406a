package dtype

import (
	"math"
	"testing"
)

// widen is binary16 or bfloat16 by definition, in float64.
func widen(h uint16, expBits, manBits int) float64 {
	sign := 1.0
	if h&0x8000 != 0 {
		sign = -1
	}
	exp := int(h>>manBits) & (1<<expBits - 1)
	man := float64(h & (1<<manBits - 1))
	bias := 1<<(expBits-1) - 1
	switch exp {
	case 1<<expBits - 1:
		if man != 0 {
			return math.NaN()
		}
		return math.Inf(int(sign))
	case 0:
		return sign * math.Ldexp(man, 1-bias-manBits)
	}
	return sign * math.Ldexp(man+float64(int(1)<<manBits), exp-bias-manBits)
}

var formats = []struct {
	dt               DType
	expBits, manBits int
	widen            func(uint16) float32
	narrow           func(float32) uint16
}{
	{F16, 5, 10, F16ToF32, F32ToF16},
	{BF16, 8, 7, BF16ToF32, F32ToBF16},
}

func TestAllPatterns(t *testing.T) {
	for _, f := range formats {
		for i := 0; i <= math.MaxUint16; i++ {
			h := uint16(i)
			want := widen(h, f.expBits, f.manBits)
			got := f.widen(h)
			if math.IsNaN(want) {
				if got == got {
					t.Fatalf("%s %04x: got %g, want NaN", f.dt, h, got)
				}
				if back := f.narrow(got); f.widen(back) == f.widen(back) {
					t.Fatalf("%s %04x: NaN came back as %04x", f.dt, h, back)
				}
				continue
			}
			if float64(got) != want || math.Signbit(float64(got)) != (h&0x8000 != 0) {
				t.Fatalf("%s %04x: got %g, want %g", f.dt, h, got, want)
			}
			if back := f.narrow(got); back != h {
				t.Fatalf("%s %04x: came back as %04x", f.dt, h, back)
			}
		}
	}
}

// Between every two neighbours: the midpoint goes to the even one, a float32
// step to either side goes to the nearer one. The last gap ends in Inf.
func TestNarrowRoundsHalfToEven(t *testing.T) {
	for _, f := range formats {
		inf := uint16(1<<f.expBits-1) << f.manBits
		for lo := uint16(0); lo < inf; lo++ {
			hi := lo + 1
			// The gap before Inf is as wide as if the exponent range went on.
			a, step := float64(f.widen(lo)), 0.0
			if hi == inf {
				step = a - float64(f.widen(lo-1))
			} else {
				step = float64(f.widen(hi)) - a
			}
			even := lo
			if lo&1 == 1 {
				even = hi
			}
			mid := float32(a + step/2)
			if float64(mid) != a+step/2 {
				continue // not a float32: bfloat16's subnormals reach below float32's
			}
			below := math.Nextafter32(mid, 0)
			above := math.Nextafter32(mid, float32(math.Inf(1)))
			for _, c := range []struct {
				v    float32
				want uint16
			}{{mid, even}, {below, lo}, {above, hi}, {-mid, even | 0x8000}, {-below, lo | 0x8000}, {-above, hi | 0x8000}} {
				if got := f.narrow(c.v); got != c.want {
					t.Fatalf("%s: %g became %04x, want %04x", f.dt, c.v, got, c.want)
				}
			}
		}
		for _, v := range []float32{math.MaxFloat32, float32(math.Inf(1))} {
			if got := f.narrow(v); got != inf {
				t.Errorf("%s: %g became %04x, want Inf %04x", f.dt, v, got, inf)
			}
		}
		nan := f.narrow(math.Float32frombits(0xffffffff))
		if w := f.widen(nan); w == w || nan&0x8000 == 0 {
			t.Errorf("%s: negative NaN became %04x", f.dt, nan)
		}
		if w := f.widen(f.narrow(math.Float32frombits(0x7f800001))); w == w {
			t.Errorf("%s: signalling NaN with a low payload became %g", f.dt, w)
		}
	}
}

func TestSlices(t *testing.T) {
	src := []float32{0, 1, -2.5, 1e-6, 65504, 1.0 / 3, float32(math.Inf(-1))}
	for _, dt := range []DType{F32, F16, BF16} {
		b := dt.Bytes(src)
		if len(b) != len(src)*dt.Size() {
			t.Fatalf("%s: %d bytes for %d values", dt, len(b), len(src))
		}
		back, err := dt.Floats(b)
		if err != nil {
			t.Fatal(err)
		}
		one := make([]byte, len(b))
		for i, v := range src {
			if back[i] != dt.Round(v) || dt.At(b, i) != dt.Round(v) {
				t.Errorf("%s[%d]: got %g and %g, want %g", dt, i, back[i], dt.At(b, i), dt.Round(v))
			}
			dt.Put(one, i, v)
		}
		if string(one) != string(b) {
			t.Errorf("%s: Put and Encode disagree", dt)
		}
		if err := dt.Encode(b[1:], src); err == nil {
			t.Errorf("%s: a short destination was accepted", dt)
		}
		if err := dt.Decode(back, b[1:]); err == nil {
			t.Errorf("%s: a short source was accepted", dt)
		}
		if _, err := dt.Floats(b[1:]); err == nil {
			t.Errorf("%s: a torn element was accepted", dt)
		}
	}
}

func TestParse(t *testing.T) {
	for name, want := range map[string]DType{"f32": F32, "float32": F32, "f16": F16, "float16": F16, "bf16": BF16, "bfloat16": BF16} {
		if got, err := Parse(name); err != nil || got != want {
			t.Errorf("%s: got %v, %v", name, got, err)
		}
	}
	if _, err := Parse("int8"); err == nil {
		t.Error("int8 was accepted")
	}
}

func BenchmarkDecode(b *testing.B) {
	dst := make([]float32, 1<<20)
	for _, dt := range []DType{F32, F16, BF16} {
		src := dt.Bytes(dst)
		b.Run(dt.String(), func(b *testing.B) {
			b.SetBytes(int64(len(src)))
			for b.Loop() {
				_ = dt.Decode(dst, src)
			}
		})
	}
}

func BenchmarkEncode(b *testing.B) {
	src := make([]float32, 1<<20)
	for i := range src {
		src[i] = float32(i) * 1e-3
	}
	for _, dt := range []DType{F32, F16, BF16} {
		dst := dt.Bytes(src)
		b.Run(dt.String(), func(b *testing.B) {
			b.SetBytes(int64(len(dst)))
			for b.Loop() {
				_ = dt.Encode(dst, src)
			}
		})
	}
}
