package msltest

import (
	"math"
	"math/bits"

	"github.com/assay-bench/assay/metal/dtype"
)

// appleNames are the names of Apple's compiler, as overloads of Metal's functions use them.
func appleNames() []Case {
	const n = 32
	x := fill(n, func(i int) int32 { return int32(i%9 + 1) })
	var floats []float32
	var ints []int32
	sum, prefix := int32(0), int32(0)
	for _, v := range x {
		sum += v
	}
	for i, v := range x {
		e := float32(math.Exp(float64(v) / 10))
		fraction, exponent := math.Frexp(float64(v))
		floats = append(floats, e, e, e, float32(max(v, 4))/10, float32(2*v+1), float32(math.Ldexp(1, int(v))), float32(fraction),
			float32(max(min(v, 3), min(max(v, 3), 5))+min(v, 3)))
		prefix += v
		shifted := int32(-1)
		if i >= 2 {
			shifted = x[i-2]
		}
		ints = append(ints, sum, shifted, prefix, int32(exponent+i))
	}
	return []Case{{Name: "names of Apple's compiler", File: "library", Kernel: "apple_names", Grid: line(n), Threadgroup: line(n),
		Args: []Arg{in(x...), near(1e-5, floats...), out(ints...)}}}
}

// builtins are functions of clang that NVRTC does not have, and assert.
func builtins() []Case {
	x := []uint32{0, 1, 2, 3, 6, 40, 1 << 31, 0xffffffff, 0x12345678}
	var want []uint32
	for _, v := range x {
		trailing, leading, first, wide := uint32(99), uint32(99), uint32(0), uint32(99)
		if v != 0 {
			trailing, leading = uint32(bits.TrailingZeros32(v)), uint32(bits.LeadingZeros32(v))
			first, wide = trailing+1, trailing+32
		}
		chosen := uint32(0)
		if v > 2 {
			chosen = 40 + v&3
		}
		ones := uint32(bits.OnesCount32(v))
		want = append(want, trailing, leading, ones, first, ones&1, 2*ones, wide, bits.ReverseBytes32(v), 6, chosen, 2, 0x7f800000)
	}
	return []Case{{Name: "builtins of clang", File: "library", Kernel: "builtins", Grid: line(len(x)), Threadgroup: line(4), Args: []Arg{in(x...), out(want...)}}}
}

// braces leave the components that they do not give at 0.
func braces() []Case {
	x := []uint32{0, 1, 2, 7, 9}
	var want []float32
	for _, v := range x {
		a := float32(v)
		h := dtype.F16ToF32(dtype.F32ToF16(a))
		want = append(want, a+10*(a+1)+100*float32(v^5), a, 4*a, 0, h+20+50+1000, 1.5*a, a, 0)
	}
	return []Case{{Name: "vectors in braces", File: "library", Kernel: "braces", Grid: line(len(x)), Threadgroup: line(2), Args: []Arg{in(x...), out(want...)}}}
}

func matrices() []Case {
	x := fill(12, func(i int) float32 { return float32(i*7%5) + 0.5 })
	var want []float32
	for i := 0; i < len(x); i += 4 {
		v := x[i : i+4]
		m := [4][4]float32{ // by columns
			{v[0], v[1], v[2], v[3]}, {v[1], v[2], v[3], v[0]}, {2 * v[2], 2 * v[3], 2 * v[0], 2 * v[1]}, {1, 0, 2, 3}}
		var left, right [4]float32
		for c := range 4 {
			for r := range 4 {
				left[c] += v[r] * m[c][r]
				right[r] += m[c][r] * v[c]
			}
		}
		want = append(append(want, left[:]...), right[:]...)
		want = append(want, v[0]+2*v[1]+3*v[2], v[1]+2*v[2]+3*v[3], 2.5*m[2][1]+100*(2.5*m[3][3]+1))
		det3 := func(a, b, c [3]float32) float32 {
			return a[0]*(b[1]*c[2]-b[2]*c[1]) - a[1]*(b[0]*c[2]-b[2]*c[0]) + a[2]*(b[0]*c[1]-b[1]*c[0])
		}
		det4 := float32(0)
		for c, sign := 0, float32(1); c < 4; c, sign = c+1, -sign {
			var rest [][3]float32
			for k := range 4 {
				if k != c {
					rest = append(rest, [3]float32{m[k][1], m[k][2], m[k][3]})
				}
			}
			det4 += sign * m[c][0] * det3(rest[0], rest[1], rest[2])
		}
		want = append(want, det4, v[0]*v[3]-v[1]*v[2]+det3([3]float32{v[0], v[1], v[2]}, [3]float32{v[1], v[2], v[3]}, [3]float32{v[3], v[0], v[1]}), 3)
	}
	return []Case{{Name: "matrices", File: "library", Kernel: "matrices", Grid: line(len(x) / 4), Threadgroup: line(2), Args: []Arg{in(x...), near(1e-5, want...)}}}
}

func traits() []Case {
	return []Case{{Name: "type traits", File: "library", Kernel: "traits", Grid: line(1), Threadgroup: line(1),
		Args: []Arg{out[uint32](1, 1, 1, 33), inline(uint32(100))}}}
}
