package main

import "slices"

// cause is an assumption that explains a difference, with a predicate that says
// whether it can have made this one.
type cause struct {
	name    string
	assumes string
	calls   string // only kernels that call it have the cause; empty: any
	made    func(d difference) bool
}

// causes of differences that are no fault of the reading.
var causes = []cause{
	{
		name:    "NaN",
		assumes: "both are NaN: Metal defines neither the sign nor the payload of one that is computed",
		made: func(d difference) bool {
			apple, ours := d.nan()
			return apple && ours
		},
	},
	{
		name: "flushing after fmod",
		assumes: "one is a subnormal number, the other a zero of its sign: fmod is exact and may return a subnormal number, and the simulator's compiler " +
			"may make a choice between r and r + y an addition of zero, which flushes r",
		calls: "air.fmod",
		made:  func(d difference) bool { return d.flushed() },
	},
}

// explain returns the name of the first cause that can have made the difference, or
// nothing. The kernel calls the functions of calls.
func explain(known []cause, calls []string, d difference) string {
	for _, c := range known {
		if (c.calls == "" || slices.Contains(calls, c.calls)) && c.made(d) {
			return c.name
		}
	}
	return ""
}

// flushed reports whether one is a subnormal float or bfloat, and the other the zero
// that it is flushed to.
func (d difference) flushed() bool {
	if d.t.kind != single && d.t.kind != bfloat {
		return false
	}
	exponent := uint64(0x7f80) << (8 * (d.t.size - 2))
	sign := exponent + exponent&-exponent
	small, zero := max(d.apple, d.ours), min(d.apple, d.ours)
	return small&exponent == 0 && zero&exponent == 0 && small&sign == zero
}
