package msltest

import (
	"math"

	"github.com/assay-bench/assay/metal/dtype"
)

// mixed are small floats beside integers and classes, and templates of one name.
func mixed() []Case {
	x := []float32{1, -0.75, 0.30078125, 3, 100, 0.001953125}
	n := []uint32{1, 255, 257, 259, 2049, 2051}
	beside := func(round func(float32) float32) []float32 {
		var want []float32
		for i, v := range x {
			v = round(v)
			k := round(float32(n[i]))
			equal := float32(0)
			if k == round(256) {
				equal = 1
			}
			want = append(want, round(v+round(k*v)), round(v*k), round(k/v), equal, round(v+k), float32(n[i])+0.5*v)
		}
		return want
	}
	bits := []uint8{1, 110, 127, 130, 140}
	classes := fill(len(bits)*5, func(i int) float32 {
		b := bits[i/5]
		scale := math.Float32frombits(uint32(b) << 23)
		return []float32{dtype.F16.Round(scale), scale, float32(b) / 8, 1, 1}[i%5]
	})
	return []Case{
		{Name: "integers beside small floats", File: "mixed", Kernel: "integers_beside", Grid: line(len(x)), Threadgroup: line(len(x)),
			Args: []Arg{in(x...), in(n...), out(beside(dtype.F16.Round)...), out(beside(dtype.BF16.Round)...)}},
		{Name: "classes become small floats", File: "mixed", Kernel: "classes", Grid: line(len(bits)), Threadgroup: line(len(bits)),
			Args: []Arg{in(bits...), out(classes...), in[uint8](7)}},
		{Name: "templates of one name: types", File: "mixed", Kernel: "chosen_typed", Grid: line(2), Threadgroup: line(2),
			Args: []Arg{in[float32](1.5, 10), out[float32](-1.5, 7)}},
		{Name: "templates of one name: numbers", File: "mixed", Kernel: "chosen_int", Grid: line(2), Threadgroup: line(2),
			Args: []Arg{in[float32](1.5, 10), out[int32](4, 30)}},
	}
}
