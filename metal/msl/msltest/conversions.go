package msltest

import (
	"math"

	"github.com/assay-bench/assay/metal/dtype"
)

// awkward are floats that one or the other integer type does not hold.
var awkward = []float32{0, -0.75, 1.9, -1.9, 127.5, 128, -128.9, -129, 255.9, 256, 300, -300, 32767, 32768, 65535.5, 65536, -32769, 70000, 2147483520, 2147483648, -2147483648,
	-2147483904, 4294967040, 4294967296, 9.2233715e18, 9.2233720e18, -9.2233720e18, 1.8446743e19, 1.8446744e19, 1e30, -1e30, inf, -inf, float32(math.NaN())}

var inf = float32(math.Inf(1))

// saturate rounds to zero and to the nearest value in a type's range.
func saturate[T int8 | uint8 | int16 | uint16 | int32 | uint32 | int64 | uint64](x float32, low, high T) T {
	switch v := float64(x); {
	case math.IsNaN(v):
		return 0
	case v <= float64(low):
		return low
	case v >= float64(high): // 2⁶³-1 and the like become the power of two above them
		return high
	}
	return T(x)
}

func castsTo[T int8 | uint8 | int16 | uint16 | int32 | uint32 | int64 | uint64](name string, low, high T) Case {
	n := len(awkward)
	values := func(count int, round func(float32) float32) []T {
		return fill(n*count, func(i int) T { return saturate(round(awkward[i/count]), low, high) })
	}
	same := func(x float32) float32 { return x }
	return Case{Name: "casts to " + name, File: "conversions", Kernel: "casts_" + name, Grid: line(n), Threadgroup: line(8), Args: []Arg{
		in(awkward...), out(values(10, same)...), out(values(7, dtype.F16.Round)...), out(values(7, dtype.BF16.Round)...)}}
}

// conversions are of floats to integers, in and out of their range.
func conversions() []Case {
	n := len(awkward)
	truth := fill(n*3, func(i int) bool { return awkward[i/3] != 0 })
	return []Case{
		castsTo[int8]("char", math.MinInt8, math.MaxInt8), castsTo[uint8]("uchar", 0, math.MaxUint8),
		castsTo[int16]("short", math.MinInt16, math.MaxInt16), castsTo[uint16]("ushort", 0, math.MaxUint16),
		castsTo[int32]("int", math.MinInt32, math.MaxInt32), castsTo[uint32]("uint", 0, math.MaxUint32),
		castsTo[int64]("long", math.MinInt64, math.MaxInt64), castsTo[uint64]("ulong", 0, math.MaxUint64),
		{Name: "implicit conversions", Clang: true, File: "conversions", Kernel: "implicit", Grid: line(n), Threadgroup: line(n), Args: []Arg{in(awkward...),
			out(fill(n*2, func(i int) int32 { return saturate[int32](awkward[i/2], math.MinInt32, math.MaxInt32) })...),
			out(fill(n, func(i int) uint32 { return saturate[uint32](awkward[i], 0, math.MaxUint32) })...), out(truth...)}},
	}
}
