package main

// convolutions are those that MLX computes as matrix products, and its gated delta
// rule, which goes through time step by step.
func convolutions() []family {
	return []family{
		kernels("convolution", `implicit_gemm_conv_2d_<F>_bm(\d+)_bn(\d+)_bk(\d+)_wm(\d+)_wn(\d+)_channel_(l|\d)_filter_(s|l)`, conv2D),
		kernels("gated delta", `seq_gated_delta_<M>_(\d+)_(\d+)_(\d+)_(\d+)_(\d+)`, gatedDelta),
	}
}

// convParams is MLX's MLXConvParams in two dimensions.
type convParams struct {
	N, C, O                                                     int32
	In, Filter, Out, Stride, Pad, FilterDilation, InputDilation [2]int32
	_                                                           int32
	InStrides, FilterStrides, OutStrides                        [4]int64
	Groups                                                      int32
	Flip                                                        bool
	_                                                           [3]byte
}

// conv2D has a filter of 3 × 3 over an image with a border of zeros, and channels
// that end inside a block.
func conv2D(m []string) *plan {
	const height, width, filter = 9, 7, 3
	t, bm, bn, bk := dtypes[m[1]], digits(m[2]), digits(m[3]), digits(m[4])
	special, channels, small := digits(m[7]), digits(m[7]), m[8] == "s"
	if special == 0 {
		channels = 2 * bk
	}
	outputs := bn + 5
	iterations := filter * filter * ceil(channels, bk)
	if special > 0 {
		lanes := channels
		if lanes == 3 {
			lanes = 4
		}
		iterations = ceil(filter*filter*lanes, bk)
	}
	p := of("utils.h steel/gemm/mma.h steel/conv/conv.h steel/conv/params.h steel/conv/kernels/steel_conv.h",
		"implicit_gemm_conv_2d<%s, %s>", t.metal, list(bm, bn, bk, m[5], m[6], special, small))
	// Filters past the last are read too.
	p.random("A", t, height*width*channels).random("B", t, (outputs+bn)*filter*filter*channels).out("C", t, height*width*outputs)
	row := func(h, w, c int) [4]int64 { return [4]int64{int64(h * w * c), int64(w * c), int64(c), 1} }
	one := [2]int32{1, 1}
	p.set("params", convParams{
		N: 1, C: int32(channels), O: int32(outputs), In: [2]int32{height, width}, Filter: [2]int32{filter, filter}, Out: [2]int32{height, width},
		Stride: one, Pad: one, FilterDilation: one, InputDilation: one,
		InStrides: row(height, width, channels), FilterStrides: row(filter, filter, channels), OutStrides: row(height, width, outputs), Groups: 1,
	})
	rows, tiles := height*width, ceil(outputs, bn)
	jump := channels * width
	p.set("gemm_params", []int32{
		int32(rows), int32(outputs), int32(filter * filter * channels), int32(iterations),
		int32(channels), int32(jump - (filter-1)*channels), int32(bk - (filter-1)*jump - (filter-1)*channels),
		int32(tiles), int32(ceil(rows, bm)), 0,
	})
	return p.groups(size(tiles, ceil(rows, bm), 1), size(32, digits(m[6]), digits(m[5])))
}

// gatedDelta has some of the rows of each head's state, and keeps states on the way
// where the name has a distance of them.
func gatedDelta(m []string) *plan {
	const steps, rows = 5, 8
	t, f, dk, dv, keys, heads, every := dtypes[m[1]], dtypes["float32"], digits(m[2]), digits(m[3]), digits(m[4]), digits(m[5]), digits(m[6])
	p := of("utils.h gated_delta_update.h", "gated_delta_seq<%s, %s>", t.metal, list(dk, dv, keys, heads, every))
	p.random("q", t, steps*keys*dk).random("k", t, steps*keys*dk).random("v", t, steps*heads*dv).random("g", t, steps*heads).random("beta", t, steps*heads)
	p.random("state_in", f, heads*dv*dk).out("y", t, steps*heads*dv).out("state_out", f, heads*dv*dk).set("T", int32(steps))
	p.constant(200, every > 2).out("state_cache", f, ceil(steps, max(every, 3))*heads*dv*dk)
	return p.threads(size(32, rows, heads), size(32, 4, 1))
}
