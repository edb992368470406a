package msltest

import (
	"math"

	"github.com/assay-bench/assay/metal/dtype"
)

// smallFloats hold what half and bfloat become against what Apple's compiler makes
// of them: plain functions keep the type, precise:: and fast:: make floats, and
// simdgroups compute with bfloat in float and round once.
func smallFloats() []Case {
	kinds := fill(56, func(int) uint32 { return 244 })
	x := fill(64, func(i int) float32 { return dtype.F16.Round(float32(i-32) * 0.45) })
	var sigmoid []float32
	for _, v := range x {
		y := float32(1 / (1 + math.Exp(math.Abs(float64(v)))))
		if v < 0 {
			sigmoid = append(sigmoid, y, y)
		} else {
			sigmoid = append(sigmoid, 1-y, y)
		}
	}
	close := out(halves(sigmoid...)...)
	close.Compare = within(dtype.F16, 1e-3)
	return []Case{
		{Name: "types that functions make of half and bfloat", File: "small", Kernel: "small_types", Grid: line(1), Threadgroup: line(1),
			Args: []Arg{in[float32](0.5), out(kinds...), out(kinds...)}},
		{Name: "precise and fast functions of half", File: "small", Kernel: "small_sigmoid", Grid: line(len(x)), Threadgroup: line(32), Args: []Arg{in(halves(x...)...), close}},
		smallReduce(),
	}
}

// smallReduce has bfloats whose sums and products are exact in float in any order,
// and need more bits than a bfloat has.
func smallReduce() Case {
	const n = 32
	x := fill(n, func(i int) float32 { return 1 + float32(i%5)/64 })
	for i := range x {
		if i%6 != 0 {
			x[i] = float32(int(1)<<(i%3)) * 0.5 // powers of two, so that products stay short
		}
	}
	r := dtype.BF16.Round
	sum, product, least, most := float32(0), float32(1), x[0], x[0]
	var scans [n][4]float32
	for i, v := range x {
		scans[i][1], scans[i][3] = sum, product
		sum, product = sum+v, product*v
		scans[i][0], scans[i][2] = sum, product
		least, most = min(least, v), max(most, v)
	}
	var want []float32
	for i := range x {
		q := x[i&^3 : i&^3+4]
		want = append(want, r(sum), r(product), least, most,
			r(q[0]+q[1]+q[2]+q[3]), r(q[0]*q[1]*q[2]*q[3]), min(q[0], q[1], q[2], q[3]), max(q[0], q[1], q[2], q[3]),
			r(scans[i][0]), r(scans[i][1]), r(scans[i][2]), r(scans[i][3]), r(sum))
	}
	return Case{Name: "bfloat in simdgroups", File: "small", Kernel: "small_reduce", Grid: line(n), Threadgroup: line(n), Args: []Arg{in(x...), out(want...)}}
}
