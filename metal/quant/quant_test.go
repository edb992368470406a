package quant

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"

	"github.com/assay-bench/assay/metal/dtype"
)

func TestPackIsABitStream(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, bits := range Affine.Bits() {
		codes := make([]uint8, 96)
		for i := range codes {
			codes[i] = uint8(r.IntN(1 << bits))
		}
		packed := make([]byte, len(codes)*bits/8)
		if err := Pack(packed, codes, bits); err != nil {
			t.Fatal(err)
		}
		for i, c := range codes { // bit by bit, the definition
			var got uint8
			for b := range bits {
				at := i*bits + b
				got |= packed[at/8] >> (at % 8) & 1 << b
			}
			if got != c {
				t.Fatalf("%d bits: element %d is %d in the stream, want %d", bits, i, got, c)
			}
		}
		back := make([]uint8, len(codes))
		if err := Unpack(back, packed, bits); err != nil || !bytes.Equal(back, codes) {
			t.Fatalf("%d bits: unpacked to something else, %v", bits, err)
		}
	}
}

func TestPackRefuses(t *testing.T) {
	eight := make([]uint8, 8)
	for want, err := range map[string]error{
		"multiple of 8":    Pack(make([]byte, 9), make([]uint8, 7), 4),
		"need 4 bytes":     Pack(make([]byte, 3), eight, 4),
		"want 1 to 8":      Unpack(eight, make([]byte, 99), 9),
		"does not fit 2":   Pack(make([]byte, 8), []uint8{0, 1, 2, 3, 4, 0, 0, 0}, 2),
		"8 codes of 3 bit": Unpack(eight, make([]byte, 2), 3),
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want …%s…", err, want)
		}
	}
}

func TestQuantizeErrorIsHalfAStep(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	w := make([]float32, 2*4*256)
	for i := range w {
		w[i] = float32(r.NormFloat64())
	}
	for _, bits := range Affine.Bits() {
		for _, group := range Affine.Groups() {
			q, err := Quantize(w, Format{Bits: bits, Group: group}, 2, 4, 256)
			if err != nil {
				t.Fatal(err)
			}
			back, err := q.Dequantize()
			if err != nil {
				t.Fatal(err)
			}
			for i := range w {
				step := math.Abs(float64(dtype.F32.At(q.Scales, i/group)))
				// The far edge may lie up to one step beyond the last code.
				if e := math.Abs(float64(back[i] - w[i])); e > step*1.01 {
					t.Fatalf("b%d g%d: weight %d is off by %g, a step is %g", bits, group, i, e, step)
				}
			}
		}
	}
}

func TestQuantizeRefuses(t *testing.T) {
	ok := Format{Bits: 4, Group: 64}
	w := make([]float32, 128)
	nan := append([]float32(nil), w...)
	nan[70] = float32(math.NaN())
	inf := append([]float32(nil), w...)
	inf[3] = float32(math.Inf(-1))
	for _, c := range []struct {
		w       []float32
		f       Format
		e, n, k int
		want    string
	}{
		{w, Format{Bits: 7, Group: 64}, 1, 1, 128, "7 bits"},
		{w, Format{Bits: 4, Group: 16}, 1, 1, 128, "group size 16"},
		{w, Format{Bits: 4, Group: 64, DType: 7}, 1, 1, 128, "dtype(7)"},
		{w, Format{Mode: MXFP4, Bits: 8, Group: 32}, 1, 1, 128, "8 bits are not supported in mode mxfp4, want one of [4]"},
		{w, Format{Mode: NVFP4, Bits: 4, Group: 32}, 1, 1, 128, "group size 32 is not supported in mode nvfp4, want one of [16]"},
		{w, Format{Mode: 9, Bits: 4, Group: 32}, 1, 1, 128, "unknown mode(9)"},
		{w, Format{Mode: NVFP4, Bits: 4, Group: 16}, 1, 1, 48, "rows of 48 weights are not a multiple of 32"},
		{w, ok, 1, 1, 100, "rows of 100"},
		{w, ok, 1, 1, 0, "rows of 0"},
		{w, ok, 1, 2, 128, "128 weights for shape [1,2,128]"},
		{w, ok, 0, 1, 128, "empty or too large"},
		{w, ok, 1 << 30, 1 << 30, 128, "too large"},
		{nan, ok, 1, 1, 128, "NaN cannot be quantized"},
		{inf, ok, 1, 1, 128, "-Inf cannot be quantized"},
	} {
		if _, err := Quantize(c.w, c.f, c.e, c.n, c.k); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("got %v, want …%s…", err, c.want)
		}
	}
	q, err := Quantize(w, ok, 1, 1, 128)
	if err != nil {
		t.Fatal(err)
	}
	q.Scales = q.Scales[1:]
	if _, err := q.Dequantize(); err == nil || !strings.Contains(err.Error(), "scales are") {
		t.Errorf("short scales: got %v", err)
	}
	if err := q.DequantizeRow(nil, 5); err == nil {
		t.Error("row 5 of 1 was accepted")
	}
}

func TestRowBytes(t *testing.T) {
	// 0.5625 bytes per weight at 4 bits, group 64, 2-byte scales.
	f := Format{Bits: 4, Group: 64, DType: dtype.F16}
	if got := f.RowBytes(2048); got != 2048*9/16 {
		t.Errorf("row of 2048 takes %d bytes, want %d", got, 2048*9/16)
	}
}

func TestRandomIsDeterministicAndScaled(t *testing.T) {
	for _, f := range Formats() {
		if f.DType != dtype.BF16 || f.Mode == Affine && f.Group != 64 {
			continue
		}
		const e, n, k = 3, 96, 1024
		a, err := Random(7, f, e, n, k, 1)
		if err != nil {
			t.Fatal(err)
		}
		previous := runtime.GOMAXPROCS(1)
		b, err := Random(7, f, e, n, k, 1)
		runtime.GOMAXPROCS(previous)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(a.Packed, b.Packed) || !bytes.Equal(a.Scales, b.Scales) || !bytes.Equal(a.Biases, b.Biases) {
			t.Fatalf("%s: one thread and several give different weights", f)
		}
		if c, _ := Random(8, f, e, n, k, 1); bytes.Equal(a.Packed, c.Packed) || bytes.Equal(a.Scales, c.Scales) {
			t.Fatalf("%s: two seeds give the same weights", f)
		}
		w, err := a.Dequantize()
		if err != nil {
			t.Fatal(err)
		}
		var sum, squares float64
		for _, v := range w {
			sum += float64(v)
			squares += float64(v) * float64(v)
		}
		rms := math.Sqrt(squares/float64(len(w))) * math.Sqrt(k)
		mean := sum / float64(len(w)) * math.Sqrt(k)
		if math.Abs(rms-1) > 0.02 || math.Abs(mean) > 0.05 {
			t.Errorf("%s: rms·√K is %.3f, mean·√K %.3f, want 1 and 0", f, rms, mean)
		}
	}
}

// Filling in pieces, as a device that does not share memory needs, gives the
// same bytes as filling at once.
func TestFillInPieces(t *testing.T) {
	for _, f := range []Format{{Bits: 3, Group: 32, DType: dtype.F16}, {Mode: NVFP4, Bits: 4, Group: 16, DType: dtype.F16}} {
		s := Synthetic{Format: f, Experts: 2, N: 40, K: 512, Seed: 5, Scale: 1}
		for _, p := range s.Planes() {
			whole, pieces := make([]byte, 3000), make([]byte, 3000)
			s.Fill(p, whole, 0)
			s.Fill(p, pieces[:1024], 0)
			s.Fill(p, pieces[1024:], 1024)
			if !bytes.Equal(whole, pieces) {
				t.Errorf("%s: %s differ", f, p)
			}
		}
	}
}

// The bytes of a seed are part of every recorded result: they must not change.
func TestRandomStaysTheSame(t *testing.T) {
	q, err := Random(42, Format{Bits: 4, Group: 64, DType: dtype.F16}, 2, 16, 256, 1)
	if err != nil {
		t.Fatal(err)
	}
	sum := fmt.Sprintf("%x", sha256.Sum256(append(append(append([]byte(nil), q.Packed...), q.Scales...), q.Biases...)))
	const was = "15d751650fef160a62be464ebaec8758f32332049f1a3876d27a685dcc863e6f"
	if sum != was {
		t.Errorf("sha256 is %s, was %s", sum, was)
	}
}

func TestRandomRefuses(t *testing.T) {
	f := Format{Bits: 4, Group: 64, DType: dtype.F16}
	for _, scale := range []float64{0, -1, math.NaN(), math.Inf(1), 1e-9, 1e9} {
		if _, err := Random(1, f, 1, 1, 64, scale); err == nil {
			t.Errorf("scale %g was accepted", scale)
		}
	}
	if _, err := Random(1, f, 1, 1, 65, 1); err == nil {
		t.Error("rows of 65 were accepted")
	}
	for _, scale := range []float64{1e-6, 1e9} { // scales below and above what e4m3 has
		if _, err := Random(1, Format{Mode: NVFP4, Bits: 4, Group: 16}, 1, 1, 64, scale); err == nil {
			t.Errorf("nvfp4: scale %g was accepted", scale)
		}
	}
}

// One projection of Qwen3: 128 experts of 768×2048.
func BenchmarkRandom(b *testing.B) {
	f := Format{Bits: 4, Group: 64, DType: dtype.BF16}
	t, err := New(f, 128, 768, 2048)
	if err != nil {
		b.Fatal(err)
	}
	s := Synthetic{Format: f, Experts: 128, N: 768, K: 2048, Seed: 1, Scale: 1}
	b.SetBytes(int64(t.Bytes()))
	for b.Loop() {
		for _, p := range f.Planes() {
			s.Fill(p, *t.Plane(p), 0)
		}
	}
}
