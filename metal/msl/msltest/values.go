package msltest

import (
	"math"
	"math/bits"

	"github.com/assay-bench/assay/metal/dtype"
)

func swizzles() []Case {
	const n = 6
	x := fill(n*4, func(i int) float32 { return float32(i*5%13)*0.5 + 0.25 })
	var want []float32
	var ints []int32
	b2f := func(b bool) float32 {
		if b {
			return 1
		}
		return 0
	}
	for i := range n {
		a, b, c, d := x[i*4], x[i*4+1], x[i*4+2], x[i*4+3]
		want = append(want, d, c, b, a)
		want = append(want, a, b, d, c)
		w := [4]float32{2 * b, b, 2 * d, d + 1}
		want = append(want, w[:]...)
		w[2], w[3] = w[2]*3, w[3]*5
		w[0], w[1] = w[1], w[0]
		want = append(want, w[:]...)
		want = append(want, b*3-c*2, c*1-a*3, a*2-b*1, a*a+b*b+c*c+d*d)
		want = append(want, a*2+1-a, b*2+1-b/2, c*2+1-c/4, d*2+1-d/8)
		want = append(want, 0, c, 2*b, 3*a)
		for _, v := range []float32{a, b, c, d} {
			if v > 0.5 {
				v = -v
			}
			want = append(want, v)
		}
		f64 := func(v float32) float64 { return float64(v) }
		want = append(want, float32(math.Hypot(f64(a), f64(b))), float32(math.Hypot(f64(a-c), f64(b-d))),
			b2f(a > 2 || b > 2 || c > 2 || d > 2), b2f(a < 100 && b < 100 && c < 100 && d < 100))
		want = append(want, b, a, a, b)
		var k [4]int32
		for j, v := range []float32{a, b, c, d} {
			t := int32(v)
			k[j] = ((t<<2 | 1) ^ (t & 3)) % 7
		}
		ints = append(ints, k[:]...)
		ints = append(ints, k[0]+int32(b2f(a < b)), k[1]+int32(b2f(b < c)), k[2], k[3]+1)
		ints = append(ints, min(k[0], 2), min(k[1], 2), min(k[2], 2), max(k[3], 1))
	}
	return []Case{{Name: "vectors and swizzles", File: "swizzle", Kernel: "swizzle", Grid: line(n), Threadgroup: line(4),
		Args: []Arg{in(x...), near(1e-6, want...), out(ints...)}}}
}

func packed() []Case {
	const n = 5
	x := fill(n*3, func(i int) float32 { return float32(i) + 0.5 })
	var vertices []byte
	var sums []float32
	for i := range n {
		p := x[i*3 : i*3+3]
		vertices = append(vertices, bytesOf([]float32{p[0] * 2, p[1] * 2, p[2] * 2})...)
		vertices = append(vertices, byte(i), byte(i+1), byte(i+2), 255)
		vertices = append(vertices, bytesOf(halves(p[0], p[1]))...)
		sums = append(sums, p[0]+1, p[2], p[2]+3)
	}
	return []Case{{Name: "packed vectors", File: "packed", Kernel: "pack", Grid: line(n), Threadgroup: line(n),
		Args: []Arg{in(x...), out(vertices...), out(sums...)}}}
}

func half() []Case {
	const n = 40
	r := dtype.F16.Round
	x := fill(n, func(i int) float32 { return r(float32(i)*0.37 - 5) })
	y := fill(n, func(i int) float32 { return r(float32(i*i%23)*1.7 + 0.01) })
	var want, vectors []float32
	var wide []float32
	for i := range n {
		a, b := x[i], y[i]
		want = append(want, a+b, a-b, a*b, a/b, r(a*2)+1.5, -a, max(a, b), r(a+b)*0.5)
		less := float32(0)
		if a < b {
			less = 1
		}
		wide = append(wide, a*b+0.25, less, a*1.5)
		for _, v := range []float32{a, b, r(a + b), 1} {
			vectors = append(vectors, r(v*v)+a)
		}
	}
	return []Case{{Name: "half", File: "half", Kernel: "half_math", Grid: line(n), Threadgroup: line(16),
		Args: []Arg{in(halves(x...)...), in(halves(y...)...), out(halves(want...)...), near(1e-6, wide...), out(halves(vectors...)...)}}}
}

func conditional() []Case {
	const n = 10
	numbers := fill(n, func(i int) int32 { return int32(i) })
	x := fill(n, func(i int) float32 { return float32(i)*0.5 - 2 })
	b := fill(n, func(i int) float32 { return float32(i)*0.25 + 1 })
	w := []float32{1, 2, 3, 4}
	choose := func(c bool, a, b float32) float32 {
		if c {
			return a
		}
		return b
	}
	inf := float32(math.Inf(1))
	var want, vectors []float32
	for i := range n {
		kind := float32(3) // the first is a float, the second a half
		want = append(want,
			choose(i > 3, x[i], 0), choose(i > 3, -1.5, b[i]), choose(i > 3, float32(i), 0.25),
			choose(i > 6, x[i], choose(i > 3, b[i], 0.5)), choose(i > 6, choose(i > 7, x[i], 0.5), b[i]),
			max(choose(i > 3, x[i]+3, inf), choose(i < 2, -inf, x[i]+2)), choose(i > 3, x[i], b[i]),
			kind, choose(i > 3, 2, 0.5), choose(i > 3, 3, 0.5), choose(i > 3, 1, 0), choose(i > 3, 0, choose(i == 2, x[i], x[i]+1)))
		for _, v := range w {
			vectors = append(vectors, choose(i > 3, v, 0.5))
		}
	}
	var cases []Case
	for name, values := range map[string]Arg{"f32": in(x...), "f16": in(halves(x...)...), "bf16": in(brains(x...)...)} {
		cases = append(cases, Case{Name: "conditional " + name, File: "conditional", Kernel: "chosen_" + name, Grid: line(n), Threadgroup: line(n),
			Args: []Arg{values, in(brains(b...)...), in(numbers...), out(want...), out(vectors...), inline(w)}})
	}
	return cases
}

func bfloat() []Case {
	const n = 24
	r := dtype.BF16.Round
	x := fill(n, func(i int) float32 { return r(float32(i)*0.71 - 7) })
	y := fill(n, func(i int) float32 { return r(float32(i*i%19)*3.3 - 20) })
	var want, wide []float32
	for i := range n {
		a, b := x[i], y[i]
		want = append(want, a+b, a*b, a/3, 1e30*b)
		wide = append(wide, a*b)
	}
	return []Case{{Name: "bfloat", File: "bfloat", Kernel: "bfloat_math", Grid: line(n), Threadgroup: line(8),
		Args: []Arg{in(brains(x...)...), in(brains(y...)...), out(brains(want...)...), out(wide...), out(brains(x...)...)}}}
}

func integers() []Case {
	x := []uint32{1, 2, 3, 100, 255, 256, 1023, 65535, 65536, 123456789, 0x80000000, 0xdeadbeef, 0xffffffff, 0x00ff00ff, 7, 1 << 20}
	var want []uint32
	var floats []float32
	var longs []uint64
	for _, a := range x {
		b := a * 2654435761
		s := int32(b)
		abs := s
		if abs < 0 {
			abs = -abs
		}
		diff := a - b
		if b > a {
			diff = b - a
		}
		sat := a + b
		if sat < a {
			sat = math.MaxUint32
		}
		ten := a % 10
		median := max(min(ten, 5), min(max(ten, 5), 7))
		want = append(want,
			uint32(bits.OnesCount32(a)), uint32(bits.LeadingZeros32(a)), uint32(bits.TrailingZeros32(a)), bits.Reverse32(a),
			bits.RotateLeft32(a, 7), uint32(uint64(a)*uint64(b)>>32), uint32(uint64(int64(s)*int64(int32(a)))>>32), diff,
			b>>5&0x1ff, uint32(s<<(32-14)>>(32-9)), a&^(0xfff<<4)|b&0xfff<<4, min(max(a, 16), b),
			uint32(abs), min(max(a, 100), 1000), min(a, b), uint32((uint64(a)+uint64(b))>>1), sat,
			math.Float32bits(float32(a)), uint32(dtype.F32ToF16(float32(a%2048)))|0x3c00<<16, (a&0xffff)*3+1+median)
		floats = append(floats, float32(a%100)*0.5-3+float32(a&0xff)+float32(a>>24), math.Float32frombits(a&0x7fffff|0x3f800000))
		longs = append(longs, uint64(a)*uint64(b)+uint64(bits.OnesCount64(uint64(b)<<20))<<60)
	}
	return []Case{{Name: "as_type, select and integer functions", File: "integers", Kernel: "integers", Grid: line(len(x)), Threadgroup: line(8),
		Args: []Arg{in(x...), out(want...), out(floats...), out(longs...)}}}
}

func mathLibrary() []Case {
	x := []float32{0.125, 0.5, 0.75, 1, 1.5, 2, 2.25, 3.3, 4.5, 7.25}
	var want []float32
	for _, v32 := range x {
		v := float64(v32)
		clamp := func(lo, x, hi float64) float64 { return min(max(lo, x), hi) }
		step := 0.0
		if v >= 1 {
			step = 1
		}
		t := clamp(0, v/4, 1)
		fraction, exponent := math.Frexp(v)
		s := clamp(0, v*0.1, 1)
		for _, w := range []float64{
			math.Exp(v), math.Exp(v), math.Exp(v), math.Log(v), math.Log2(v), math.Log2(v), math.Sqrt(v), 1 / math.Sqrt(v),
			math.Sin(v), math.Cos(v), math.Tanh(v), math.Tanh(v), math.Pow(v, 1.5), math.Pow(v, 0.25),
			math.Floor(v) + math.Ceil(v)*10 + math.Trunc(-v)*100, math.RoundToEven(v) + math.Round(v)*10,
			v - math.Floor(v), math.Mod(v, 0.75), clamp(0.5, v, 2), v + (10-v)*0.25, t * t * (3 - 2*t),
			step - 2 + clamp(0, v, 1)*4, math.Atan2(v, 2), math.Exp2(v) + math.Pow(10, v*0.1),
			min(v, 1) + max(v, 1) - 1, 1, math.Asin(s) + math.Acos(s) + math.Atan(v), math.Sinh(v) - math.Cosh(v),
			v * 8, v/3 + v/7, fraction + float64(exponent)*16, math.Sqrt(v*v+13) + max(v, 2) + 2,
		} {
			want = append(want, float32(w))
		}
	}
	return []Case{{Name: "math library", File: "math", Kernel: "math", Grid: line(len(x)), Threadgroup: line(len(x)),
		Args: []Arg{in(x...), near(2e-4, want...)}}}
}
