package msltest

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
