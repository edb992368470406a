package msltest

import (
	"fmt"

	"github.com/assay-bench/assay/metal/dtype"
)

func templates() []Case {
	const rows = 5
	byRow := func(n int, f func(acc, v float32) float32, at func(i int) float32) []float32 {
		return fill(rows, func(r int) float32 {
			acc := at(r * n)
			for j := 1; j < n; j++ {
				acc = f(acc, at(r*n+j))
			}
			return acc
		})
	}
	add := func(a, b float32) float32 { return a + b }
	mulHalf := func(a, b float32) float32 { return dtype.F16.Round(a * b) }
	f32 := func(i int) float32 { return float32(i) * 0.5 }
	f16 := func(i int) float32 { return dtype.F16.Round(float32(i%5)*0.7 + 0.1) }
	c := func(kernel string, x, y Arg) Case {
		return Case{Name: "template " + kernel, File: "templates", Kernel: kernel, Grid: line(8), Threadgroup: line(8), Args: []Arg{x, y, inline(uint32(rows))}}
	}
	ints := fill(rows*4, func(i int) int32 { return int32(i) - 9 })
	sums := fill(rows, func(r int) int32 { return ints[r*4] + ints[r*4+1] + ints[r*4+2] + ints[r*4+3] })
	chars := fill(rows*2, func(i int) uint8 { return uint8(i*17 + 3) })
	products := fill(rows, func(r int) uint8 { return chars[r*2] * chars[r*2+1] })
	return []Case{
		c("rows_add_f32_8", in(fill(rows*8, f32)...), out(byRow(8, add, f32)...)),
		c("rows_mul_f16_4", in(halves(fill(rows*4, f16)...)...), out(halves(byRow(4, mulHalf, f16)...)...)),
		c("rows_add_i32", in(ints...), out(sums...)),
		c("rows_mul_u8", in(chars...), out(products...)),
	}
}

func constants() []Case {
	const n = 8
	x := fill(n, func(i int) float32 { return float32(i) + 0.5 })
	bias := fill(n, func(i int) float32 { return float32(i) * -3 })
	with := fill(n, func(i int) float32 { return x[i]*1.5*1.5*1.5 + bias[i] + 1000 + 4 })
	without := fill(n, func(i int) float32 { return x[i]*2 - 1 })
	return []Case{
		{Name: "function constants, all given", File: "constants", Kernel: "scaled", Grid: line(n), Threadgroup: line(n),
			Constants: map[int]any{0: true, 1: uint32(3), 2: float32(1.5), 7: int32(4)}, Args: []Arg{in(x...), in(bias...), out(with...)}},
		{Name: "function constants, one left out", File: "constants", Kernel: "scaled", Grid: line(n), Threadgroup: line(n),
			Constants: map[int]any{0: false, 1: uint32(1), 2: float32(2)}, Args: []Arg{in(x...), {}, out(without...)}},
	}
}

func macros() []Case {
	const n = 3
	c := func(name string, width int, defines map[string]string, op func(a int) int) Case {
		defines["WIDTH"] = fmt.Sprint(width)
		acc := 0
		for j := range width {
			acc += op(j)
		}
		// STR(a "b" c) is a "b" c with its quotes: 7 characters.
		want := fill(n, func(i int) int32 { return int32(acc + i + 30 + 7 + 1) })
		return Case{Name: name, File: "macros", Kernel: fmt.Sprintf("macro_%d", width), Defines: defines, Grid: line(n), Threadgroup: line(n), Args: []Arg{out(want...)}}
	}
	return []Case{
		c("preprocessor, with FANCY", 4, map[string]string{"FANCY": ""}, func(a int) int { return a*2 + 1 }),
		c("preprocessor, without FANCY", 3, map[string]string{}, func(a int) int { return a + 2 }),
	}
}

func tables() []Case {
	const n = 7
	x := fill(8, func(i int) float32 { return float32(i) + 1 })
	weights := []float32{0.5, 1, 2, 4}
	tint := []float32{1, 0.5, 0.25, 2}
	shape := []int32{3, -1, 2}
	axis := []float32{0.5, 0.25, 4}
	order := []int{7, 6, 5, 4, 3, 2, 1, 0}
	type inner struct {
		gain   [2]float32
		offset int
	}
	pick := func(in inner, i int) float32 { return weights[i%4]*in.gain[i&1] + float32(in.offset) }
	given, fallback := inner{[2]float32{1.5, -0.5}, 3}, inner{[2]float32{0.25, 0.75}, -2}
	want := fill(n+1, func(i int) float32 {
		if i >= n {
			return 0
		}
		v := x[order[i%8]]*pick(given, i) + pick(fallback, i+1)
		v *= v
		for j := range shape {
			v += float32(shape[j]) * axis[j]
		}
		return v + tint[i%4]
	})
	config := inline(uint32(n), uint32(1), given.gain, int16(given.offset), int16(0), axis)
	return []Case{{Name: "program-scope constants and constant arguments", File: "tables", Kernel: "tables", Grid: line(n + 1), Threadgroup: line(4),
		Args: []Arg{in(x...), near(1e-6, want...), config, inline(shape)}}}
}

func overloads() []Case {
	const n = 32
	x := fill(2*n, func(i int) float32 { return float32(i) * 0.125 })
	c := float32(0.75)
	var want, z []float32
	for i := range n {
		v := x[63-i] + x[i] + c + 1
		z = append(z, v, 2)
		want = append(want, v*v+4-100-5)
	}
	return []Case{{Name: "overloads by address space", File: "overloads", Kernel: "overloads", Grid: line(n), Threadgroup: line(n),
		Args: []Arg{in(x...), near(1e-6, want...), out(z...), inline(c)}}}
}

func complexNumbers() []Case {
	const n = 9
	x := fill(n, func(i int) [2]float32 { return [2]float32{float32(i)*0.5 - 2, 1 - float32(i)*0.25} })
	want := fill(n, func(i int) [2]float32 {
		v, acc := complex(float64(x[i][0]), float64(x[i][1])), complex(1, 0)
		for range 3 {
			acc *= v
		}
		if real(acc) < 0 {
			acc = complex(real(acc), 0)
		}
		return [2]float32{float32(real(acc)), float32(imag(acc))}
	})
	y := near(1e-6, flat(want)...)
	return []Case{{Name: "members by address space, computed indices", File: "complex", Kernel: "power", Grid: line(n), Threadgroup: line(n),
		Constants: map[int]any{42: int32(3)}, Args: []Arg{in(flat(x)...), y}}}
}

func flat(pairs [][2]float32) []float32 {
	var out []float32
	for _, p := range pairs {
		out = append(out, p[0], p[1])
	}
	return out
}

// ranking calls overloads with half and bfloat. The values are exact in all types.
func ranking() []Case {
	x := []float32{0.5, -1, 2, 3, 0, 12}
	var want []float32
	for i, v := range x {
		even := float32(1 - i%2)
		want = append(want, 2*v, 2*v, 3*v, 4*v, v+3, v+3, v+1, v+100, 1, 0)
		want = append(want, even, even*v+0, 24, even*float32(2*i+1)+(1-even)*v)
	}
	return []Case{{Name: "half and bfloat among overloads", File: "ranking", Kernel: "ranking", Grid: line(len(x)), Threadgroup: line(4), Args: []Arg{in(x...), out(want...)}}}
}
