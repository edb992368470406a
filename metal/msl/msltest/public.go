package msltest

import "math"

// groupMemory and beside are what public sources have and do without a second
// thought.
func groupMemory() []Case {
	const n = 32
	x := fill(n, func(i int) float32 { return float32(i) + 0.5 })
	var want []float32
	for i := range n {
		j := n - 1 - i
		for k := range 14 {
			switch k {
			case 10:
				want = append(want, float32(11*j))
			case 13:
				want = append(want, 0)
			default:
				want = append(want, float32(k+1)*x[j])
			}
		}
	}
	return []Case{{Name: "declarations of threadgroup memory", File: "groupmemory", Kernel: "group_memory", Grid: line(n), Threadgroup: line(n),
		Args: []Arg{out(want...), in(x...)}}}
}

func heads() []Case {
	const n = 4
	c := func(kernel string, args ...Arg) Case {
		return Case{Name: "template heads: " + kernel, File: "heads", Kernel: kernel, Grid: line(n), Threadgroup: line(n), Args: args}
	}
	chain := func(steps ...func(y, i float32) float32) Arg {
		return out(fill(n, func(i int) (y float32) {
			for _, f := range steps {
				y = f(y, float32(i))
			}
			return y
		})...)
	}
	put := func(_, i float32) float32 { return i }
	scale := func(k float32) func(y, i float32) float32 { return func(y, _ float32) float32 { return y*k + 1 } }
	return []Case{
		c("limits", out(fill(n, func(int) uint32 { return math.MaxUint32 - 8 })...)),
		c("chain_a", chain(put, scale(3), scale(2))),
		c("chain_b", chain(scale(2), put, scale(5))),
		c("fill_float_2", out(fill(2*n, func(i int) float32 { return []float32{1.5, -2}[i%2]*float32(i/2) + 4 + 100 + 1000 })...), inline([]float32{1.5, -2})),
		c("fill_half_4", out(halves(fill(4*n, func(i int) float32 { return []float32{1, 2, -3, 4}[i%4]*float32(i/4) + 2 + 100 + 1000 })...)...), inline(halves(1, 2, -3, 4))),
	}
}

func initial() []Case {
	const n = 8
	ones, last, table, steps := []float32{1, 2, 0, 0, 0, 0, 0, 0}, []float32{3, 4}, []float32{1, 3, 3, 3, 3, 4}, []float32{5, 5, 5, 7, 9, 11, 11, 11}
	want := fill(n, func(i int) float32 {
		return float32(i+1) + 100*ones[i] + 1000*last[i&1] + 0.25 + 10000*table[i%6] + 100000*steps[i]
	})
	flags := Arg{Data: bytesOf([]uint32{40})}
	return []Case{
		{Name: "initial values of threadgroup variables", File: "initial", Kernel: "initial_8", Grid: line(n), Threadgroup: line(n), Args: []Arg{out(append(want, 7+1)...)}},
		{Name: "anonymous members with __extension__", File: "initial", Kernel: "extension", Grid: line(1), Threadgroup: line(1),
			Args: []Arg{out(float32(1.5*2 + 0.25*8)), in(append(halves(1.5, 0.25), 2|1<<8, 4|8<<8)...)}},
		{Name: "coherent memory", File: "initial", Kernel: "flags", Grid: line(n), Threadgroup: line(n),
			Args: []Arg{flags, out(fill(n, func(i int) uint32 { return uint32(i + 40) })...), out(fill(n, func(i int) uint32 { return uint32(2 * (i + 40)) })...)}},
	}
}

func extendedVectors() []Case {
	const n = 5
	half := []float32{0.5, -1, 2, 4, -8, 16, 0.25, 1, 3, -3}
	want := fill(4*n, func(i int) float32 {
		y := float32(1 + i%4)
		if i%4 < 2 {
			y += half[i/4*2+i%4]
		}
		return 2 * y
	})
	return []Case{{Name: "vector types of Clang's extension", File: "extvector", Kernel: "extended", Grid: line(n), Threadgroup: line(n),
		Args: []Arg{out(want...), in(halves(half...)...)}}}
}

func bySpace() []Case {
	x, c := []float32{1, 2, 4, 8}, []uint8{1, 2, 3, 4}
	row, h, g := []float32{1.5, 2.5, 3.5, 4.5}, []float32{0, 0, 4, 8}, []float32{-1, 2, 3, 3}
	n, m, q := []float32{300, 300, 3, 4}, []float32{7, 7, 7, 0}, []float32{0, 0, 0, 0.25}
	want := fill(4, func(i int) float32 {
		return x[i] + 2 + row[i] + 10*h[i] + 100*g[i] + 1000*n[i] + 10000*m[i] + q[i] - 1.5*x[i] + 400 + 4
	})
	return []Case{{Name: "one of each address space, arms of integers", File: "byspace", Kernel: "by_space", Grid: line(4), Threadgroup: line(4),
		Args: []Arg{out(want...), in(halves(x...)...), in(c...)}}}
}

func beside() []Case {
	const n = 12
	c := func(kernel string, constants map[int]any, f func(i int) int32) Case {
		return Case{Name: kernel + ", beside what is refused", File: "beside", Kernel: kernel, Constants: constants, Grid: line(n), Threadgroup: line(n),
			Args: []Arg{out(fill(n, f)...)}}
	}
	return []Case{
		c("plain", nil, func(i int) int32 { return int32(i + 5) }),
		c("one_constant", map[int]any{3: int32(4)}, func(i int) int32 { return int32(i/4 + 8) }),
		c("two_constants", map[int]any{3: int32(3), 4: int32(100)}, func(i int) int32 { return int32(i/3 + 6 + 100) }),
	}
}
