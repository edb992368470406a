package msltest

import (
	"math"

	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/dtype"
)

func qmatvec() []Case {
	const rows, k = 5, 32 * 40
	y := fill(k, func(i int) float32 { return float32(i*31%17)/8 - 1 })
	var blocks []byte
	want := make([]float32, rows)
	for r := range rows {
		sum := 0.0
		for b := range k / 32 {
			d := dtype.F16.Round(float32(b%5)*0.03 + 0.01)
			blocks = append(blocks, bytesOf(halves(d))...)
			for i := range 16 {
				low, high := (r*7+b*3+i)%16, (r+b+i*5)%16
				blocks = append(blocks, byte(low|high<<4))
				sum += float64(d) * (float64(low-8)*float64(y[b*32+i]) + float64(high-8)*float64(y[b*32+i+16]))
			}
		}
		want[r] = float32(sum)
	}
	return []Case{{Name: "quantized matrix-vector product", File: "qmatvec", Kernel: "kernel_mul_mv_q4_f32", Grid: line(64 * 3), Threadgroup: line(64),
		Args: []Arg{inline(int32(k), int32(rows)), in(blocks...), in(y...), near(1e-4, want...)}}}
}

func softmax() []Case {
	const rows, n = 3, 250
	var all []Case
	for _, c := range []struct {
		kernel string
		dt     dtype.DType
		tol    float64
	}{
		{"block_softmax_float32", dtype.F32, 1e-6}, {"block_softmax_precise_float16", dtype.F16, 1e-3}, {"block_softmax_precise_bfloat16", dtype.BF16, 8e-3},
	} {
		x := fill(rows*n, func(i int) float32 { return c.dt.Round(float32(i*13%47)/6 - 4) })
		want := make([]float32, rows*n)
		for r := range rows {
			sum := 0.0
			for _, v := range x[r*n : r*n+n] {
				sum += math.Exp(float64(v))
			}
			for i, v := range x[r*n : r*n+n] {
				want[r*n+i] = float32(math.Exp(float64(v)) / sum)
			}
		}
		y := near(0, 0)
		y.Data, y.Want, y.Width = make([]byte, rows*n*c.dt.Size()), c.dt.Bytes(want), c.dt.Size()
		y.Compare = within(c.dt, c.tol)
		all = append(all, Case{Name: c.kernel, File: "softmax", Kernel: c.kernel, Grid: line(64 * rows), Threadgroup: line(64),
			Args: []Arg{{Data: c.dt.Bytes(x)}, y, inline(int32(n))}})
	}
	return all
}

func blocks() []Case {
	const rows, perRow = 4, 2
	ids := []int32{3, 0, 2}
	var src []byte
	values := make([][]float32, rows)
	for r := range rows {
		for b := range perRow {
			scale, low := dtype.F16.Round(float32(r+1)*0.1), dtype.F16.Round(float32(b)-0.5)
			src = append(src, bytesOf(halves(scale, low))...)
			for i := range 16 {
				q := (r*50 + b*20 + i*3) % 256
				src = append(src, byte(q))
				values[r] = append(values[r], scale*float32(q)+low)
			}
		}
	}
	var want []float32
	for _, id := range ids {
		want = append(want, values[id]...)
	}
	x := fill(4*8, func(i int) float32 { return float32(i)*0.3 - 2 })
	return []Case{
		{Name: "matrix blocks", File: "blocks", Kernel: "get_rows_block", Grid: metal.Size{X: perRow * len(ids), Y: 1, Z: 1}, Threadgroup: line(perRow),
			Args: []Arg{in(src...), in(ids...), near(1e-6, want...)}},
		{Name: "matrix blocks of another type", File: "blocks", Kernel: "convert_blocks", Grid: line(4), Threadgroup: line(4),
			Args: []Arg{in(x...), out(halves(x...)...), out(each(x, dtype.F16.Round)...)}},
	}
}
