package msltest

import (
	"math/bits"

	"github.com/assay-bench/assay/metal"
)

func positions() []Case {
	grid, group := metal.Size{X: 10, Y: 5, Z: 2}, metal.Size{X: 8, Y: 4, Z: 1}
	var want []uint32
	for z := range grid.Z {
		for y := range grid.Y {
			for x := range grid.X {
				gx, gy := x/group.X, y/group.Y
				lx, ly := x%group.X, y%group.Y
				sx, sy := min(group.X, grid.X-gx*group.X), min(group.Y, grid.Y-gy*group.Y)
				index := ly*sx + lx
				lane, simd := index%32, index/32
				for _, v := range []int{
					(z*grid.Y+y)*grid.X + x, gx | gy<<8 | z<<16, lx | ly<<8, index, lane, simd, (sx*sy + 31) / 32, 32,
					sx, sy, 2, 2, grid.X, grid.Y, group.X, 0,
				} {
					want = append(want, uint32(v))
				}
			}
		}
	}
	return []Case{{Name: "positions", File: "positions", Kernel: "positions", Grid: grid, Threadgroup: group, Args: []Arg{ignoring(out(want...), 64, 4, 5)}}}
}

// ignoring leaves 32-bit fields of a record out of the comparison: where the
// last threadgroup is partial in x, which thread is which lane is a device's own affair.
func ignoring(a Arg, record int, fields ...int) Arg {
	a.Width = record
	a.Compare = func(got, want []byte) error {
		got = append([]byte(nil), got...)
		for _, f := range fields {
			copy(got[4*f:4*f+4], want[4*f:4*f+4])
		}
		return Arg{Want: want, Width: 4}.check(got)
	}
	return a
}

func barrier() []Case {
	const tile, groups = 64, 3
	x := fill(tile*groups, func(i int) float32 { return float32(i) * 1.25 })
	want := make([]float32, len(x))
	for i := range x {
		base, at := i/tile*tile, i%tile
		want[i] = x[base+tile-1-at] + 0 + 1 + 2
	}
	return []Case{{Name: "barriers and static threadgroup memory", File: "barrier", Kernel: "reverse_tiles", Grid: line(tile * groups), Threadgroup: line(tile),
		Args: []Arg{in(x...), out(want...)}}}
}

func dynamic() []Case {
	const n, groups = 128, 4
	x := fill(n*groups, func(i int) float32 { return float32(i%7) - 2 })
	sums, counts := make([]float32, groups), make([]uint32, groups)
	for i, v := range x {
		sums[i/n] += v
		if v > 0 {
			counts[i/n]++
		}
	}
	return []Case{{Name: "threadgroup arguments", File: "dynamic", Kernel: "block_sums", Grid: line(n * groups), Threadgroup: line(n),
		ThreadgroupMemory: []int{4 * n, 4 * n}, Args: []Arg{in(x...), out(sums...), out(counts...)}}}
}

func reduce() []Case {
	const groups = 4
	x := fill(32*groups, func(i int) int32 { return int32(i*37%101) - 50 })
	var floats []float32
	var ints []int32
	var hs []float32
	for g := range groups {
		sum, product, largest, smallest := float32(0), float32(1), float32(-1e9), float32(1e9)
		isum, and, or, xor, h := int32(0), ^uint32(0), uint32(0), uint32(0), float32(0)
		for _, v := range x[g*32 : g*32+32] {
			sum += float32(v) / 2
			product *= 1 + float32(v&1)*0.25
			largest, smallest = max(largest, float32(v)), min(smallest, float32(v))
			isum += v
			and &= uint32(v) | 0xff00
			or |= uint32(v) & 0xff
			xor ^= uint32(v)
			h += float32(v & 7)
		}
		floats = append(floats, sum, product, largest, smallest, 2*sum, 32, 31*16, 0)
		ints = append(ints, isum, int32(largest), int32(smallest), int32(and), int32(or), int32(xor))
		hs = append(hs, h)
	}
	return []Case{{Name: "simdgroup reductions", File: "reduce", Kernel: "reduce", Grid: line(32 * groups), Threadgroup: line(64),
		Args: []Arg{in(x...), near(1e-6, floats...), out(ints...), out(halves(hs...)...)}}}
}

func shuffle() []Case {
	const n = 64
	x := fill(n, func(i int) uint32 { return uint32(i*i + 3) })
	var want []uint32
	var pairs []float32
	for i := range n {
		base, lane := i/32*32, i%32
		at := func(l int) uint32 { return x[base+l] }
		v := make([]uint32, 9)
		v[0], v[1] = at(31-lane), at(lane^5)
		if lane >= 3 {
			v[2] = at(lane - 3)
		}
		if lane < 28 {
			v[3] = at(lane + 4)
		}
		v[4], v[5], v[6], v[7] = at(7), at(0), at((lane+31)%32), at((lane+2)%32)
		if lane >= 2 {
			v[8] = at(lane - 2)
		} else {
			v[8] = at(30+lane) + 1000
		}
		want = append(want, v...)
		pairs = append(pairs, float32(at(lane^1)), float32(lane^1))
	}
	return []Case{{Name: "simdgroup shuffles", File: "shuffle", Kernel: "shuffle", Grid: line(n), Threadgroup: line(n),
		Args: []Arg{in(x...), out(want...), out(pairs...)}}}
}

func vote() []Case {
	const n = 64
	x := fill(n, func(i int) int32 { return int32(i*29%53) + int32(i/40)*20 })
	var prefix []int32
	var votes []uint32
	for i := range n {
		base, lane := i/32*32, i%32
		var inclusive, oddSum, evenSum int32
		product, ballot, anyBig, allSmall := int32(1), uint32(0), uint32(0), uint32(1)
		firstOdd, firstEven := -1, -1
		for l, v := range x[base : base+32] {
			if l <= lane {
				inclusive += v
				product *= 1 - 2*(v&1)
			}
			if v > 40 {
				anyBig = 1
			}
			if v >= 50 {
				allSmall = 0
			}
			if v&1 == 1 {
				ballot |= 1 << l
				oddSum += v
				if firstOdd < 0 {
					firstOdd = l
				}
			} else {
				evenSum += 1000 + v
				if firstEven < 0 {
					firstEven = l
				}
			}
		}
		prefix = append(prefix, inclusive, inclusive-x[i], product)
		part, first := uint32(evenSum), uint32(0)
		if x[i]&1 == 1 {
			part = uint32(oddSum)
			if firstOdd == lane {
				first = 1
			}
		} else if firstEven == lane {
			first = 2
		}
		votes = append(votes, ballot, uint32(bits.OnesCount32(ballot&(1<<lane-1))), anyBig|allSmall<<1, part, first, 32)
	}
	return []Case{{Name: "prefix sums, ballots and votes", File: "vote", Kernel: "vote", Grid: line(n), Threadgroup: line(32),
		Args: []Arg{in(x...), out(prefix...), out(votes...)}}}
}

func simdBarrier() []Case {
	const n = 256
	x := fill(n, func(i int) uint16 { return uint16(i * 7) })
	want := fill(n, func(i int) uint16 {
		base, lane := i/32*32, 31-i%32
		return x[base+(lane*5+3)%32]
	})
	return []Case{{Name: "simdgroup barriers", File: "simdbarrier", Kernel: "transpose_rows", Grid: line(n), Threadgroup: line(128),
		Args: []Arg{in(x...), out(want...)}}}
}

func atomics() []Case {
	const n = 512
	x := fill(n, func(i int) uint32 { return uint32(i*7919%1009) &^ (uint32(i) & 4) })
	bins := make([]uint32, 8)
	extremes := []int32{0, 0, 0}
	words := []uint32{0, ^uint32(0), 0, 0, 77}
	total := float32(0)
	for _, v := range x {
		bins[v%8]++
		s := int32(v) - 500
		extremes[0], extremes[1], extremes[2] = min(extremes[0], s), max(extremes[1], s), extremes[2]-s
		total += float32(v) / 4
		words[0] |= 1 << (v % 32)
		words[1] &^= 1 << (v % 32)
		words[2] ^= v
		words[3] = max(words[3], v*3)
	}
	wordArg := out(words...)
	copy(wordArg.Data, bytesOf([]uint32{0, ^uint32(0), 0, 0, 0}))
	return []Case{{Name: "atomics", File: "atomics", Kernel: "histogram", Grid: line(n), Threadgroup: line(128),
		Args: []Arg{in(x...), out(bins...), out(extremes...), near(1e-6, total), wordArg}}}
}
