package msltest

import (
	"math"

	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/dtype"
)

// place is the row of a lane's two elements of an 8 by 8 matrix, and the column
// of the first.
func place(lane int) (row, column int) {
	quad := lane / 4
	return quad&4 + lane/2%4, quad&2*2 + lane%2*2
}

// byLane lists a matrix as the lanes hold it.
func byLane(at func(row, column int) float32) []float32 {
	return fill(64, func(i int) float32 {
		row, column := place(i / 2)
		return at(row, column+i%2)
	})
}

func matrixLayout() []Case {
	x := fill(16*12, func(i int) float32 { return float32(i) + 0.5 })
	c := fill(72, func(i int) float32 { return float32(-i) })
	diagonal := func(v float32) func(r, c int) float32 {
		return func(r, c int) float32 {
			if r == c {
				return v
			}
			return 0
		}
	}
	var y []float32
	for _, at := range []func(r, c int) float32{
		func(r, c int) float32 { return x[r*8+c] },
		func(r, c int) float32 { return x[(r+2)*12+c+3] },
		func(r, c int) float32 { return x[5+c*12+r] },
		func(r, c int) float32 { return x[(c+1)*12+r+4] },
		func(r, col int) float32 { return c[r*9+col] },
		func(r, c int) float32 { return float32((r+1)*10 + c + 2) },
		func(int, int) float32 { return 0.5 },
		func(int, int) float32 { return -2 },
		diagonal(3),
		diagonal(1.25),
	} {
		y = append(y, byLane(at)...)
	}
	var m [8][8]float32
	for lane := range 32 {
		row, column := place(lane)
		for e := range 2 {
			m[row][column+e] = x[row*8+column+e] * 2
			if lane%3 == 0 && e == lane&1 {
				m[row][column+e] = -2
			}
		}
	}
	z := make([]float32, 320)
	for r := range 8 {
		for c := range 8 {
			z[r*8+c] = m[r][c]
			z[64+(r+1)*11+c+2] = m[r][c]
			z[192+c*10+r] = m[r][c]
			if c < 4 {
				z[288+c*8+r] = m[r][c] // what was stored transposed at column 4, row 3
			}
		}
	}
	turned := fill(64, func(i int) float32 { return x[63-i] })
	return []Case{{Name: "matrix loads and stores without barriers", File: "matrix", Kernel: "turned", Grid: line(32), Threadgroup: line(32),
		Args: []Arg{in(x[:64]...), out(turned...)}}, {Name: "matrix layout, loads and stores", File: "matrix", Kernel: "matrix_layout", Grid: line(32), Threadgroup: line(32),
		Args: []Arg{in(x...), out(y...), out(z...), inline(c)}}}
}

type matrix8 [8][8]float64

func matrixOf(x []float32) (m matrix8) {
	for i, v := range x {
		m[i/8][i%8] = float64(v)
	}
	return m
}

func (a matrix8) times(b, c matrix8) matrix8 {
	for i := range 8 {
		for j := range 8 {
			for k := range 8 {
				c[i][j] += a[i][k] * b[k][j]
			}
		}
	}
	return c
}

func (a matrix8) values() []float32 {
	return fill(64, func(i int) float32 { return float32(a[i/8][i%8]) })
}

// matrixProducts has values whose sums a float holds exactly, in any order, so
// that only the last rounding can be seen.
func matrixProducts() []Case {
	a := fill(64, func(i int) float32 { return float32(i*7%31-15) / 8 })
	b := fill(64, func(i int) float32 { return float32(i*11%29-14) / 4 })
	c := fill(64, func(i int) float32 { return float32(i*5%23-11) / 2 })
	plain, added := matrixOf(a).times(matrixOf(b), matrix8{}), matrixOf(a).times(matrixOf(b), matrixOf(c))
	d := append(plain.values(), added.values()...)
	var all []Case
	for _, k := range []struct {
		name       string
		d, a, b, c dtype.DType
	}{
		{"products_f32", dtype.F32, dtype.F32, dtype.F32, dtype.F32},
		{"products_f16", dtype.F16, dtype.F16, dtype.F16, dtype.F16},
		{"products_bf16", dtype.BF16, dtype.BF16, dtype.BF16, dtype.BF16},
		{"products_f32_f16", dtype.F32, dtype.F16, dtype.F16, dtype.F32},
		{"products_f32_bf16", dtype.F32, dtype.BF16, dtype.BF16, dtype.F32},
		{"products_f16_f32", dtype.F16, dtype.F32, dtype.F16, dtype.F32},
		{"products_bf16_f16", dtype.BF16, dtype.BF16, dtype.F16, dtype.F32},
	} {
		want := k.d.Bytes(d)
		all = append(all, Case{Name: "matrix " + k.name, File: "matrix", Kernel: k.name, Grid: line(32), Threadgroup: line(32),
			Args: []Arg{{Data: k.a.Bytes(a)}, {Data: k.b.Bytes(b)}, {Data: k.c.Bytes(c)}, {Data: make([]byte, len(want)), Want: want, Width: k.d.Size()}}})
	}
	x := append(fill(64, func(i int) float32 { return float32(i*3%5 - 2) }), fill(64, func(i int) float32 { return float32(i*5%7-3) / 2 })...)
	left, right, half := matrixOf(x[:64]), matrixOf(x[64:]), matrix8{}
	for i := range half {
		half[i][i] = 0.5
	}
	r := left.times(right, matrix8{}).times(left, matrix8{}).times(half, right.times(right, matrix8{}))
	return append(all, Case{Name: "matrix chain", File: "matrix", Kernel: "chain", Grid: line(32), Threadgroup: line(32),
		Args: []Arg{in(x...), out(left.times(r, left).values()...)}})
}

func matrixGEMM() []Case {
	const m, n, k = 45, 37, 27
	a := fill(m*k, func(i int) float32 { return float32(i*37%61-30) / 32 })
	b := fill(k*n, func(i int) float32 { return float32(i*53%67-33) / 32 })
	want := make([]float32, m*n)
	for i := range m {
		for j := range n {
			sum := 0.0
			for l := range k {
				sum += float64(a[i*k+l]) * float64(b[l*n+j])
			}
			want[i*n+j] = float32(sum)
		}
	}
	transposed := func(x []float32, columns int) []float32 {
		rows := len(x) / columns
		return fill(len(x), func(i int) float32 { return x[i%rows*columns+i/rows] })
	}
	var all []Case
	for _, c := range []struct {
		kernel string
		ta, tb bool
		dt     dtype.DType
	}{
		{"gemm_nn_f32", false, false, dtype.F32}, {"gemm_nt_f32", false, true, dtype.F32}, {"gemm_tn_f16", true, false, dtype.F16},
		{"gemm_nt_f16", false, true, dtype.F16}, {"gemm_nn_bf16", false, false, dtype.BF16}, {"gemm_tt_bf16", true, true, dtype.BF16},
	} {
		x, w := a, b
		if c.ta {
			x = transposed(a, k)
		}
		if c.tb {
			w = transposed(b, n)
		}
		y := c.dt.Bytes(want) // a multiple of 1/1024 below 32: exact in float
		all = append(all, Case{Name: c.kernel, File: "matrix_gemm", Kernel: c.kernel,
			Grid: metal.Size{X: 2 * 128, Y: 2, Z: 1}, Threadgroup: line(128),
			Args: []Arg{{Data: c.dt.Bytes(x)}, {Data: c.dt.Bytes(w)}, {Data: make([]byte, len(y)), Want: y, Width: c.dt.Size()}, inline(int32(m), int32(n), int32(k))}})
	}
	return all
}

func matrixAttention() []Case {
	const groups, keys = 2, 64
	var all []Case
	for _, c := range []struct {
		kernel string
		d      int
		kv     dtype.DType
	}{{"attention_f16_d32", 32, dtype.F16}, {"attention_bf16_d16", 16, dtype.BF16}} {
		q := fill(groups*8*c.d, func(i int) float32 { return dtype.F16.Round(float32(i*29%53)/20 - 1.3) })
		k := fill(keys*c.d, func(i int) float32 { return c.kv.Round(float32(i*31%47)/20 - 1.1) })
		v := fill(keys*c.d, func(i int) float32 { return c.kv.Round(float32(i*17%59)/30 - 1) })
		scale := float32(0.25)
		var want []float32
		for r := range groups * 8 {
			weights, sum := make([]float64, keys), 0.0
			for j := range keys {
				s := 0.0
				for e := range c.d {
					s += float64(q[r*c.d+e]) * float64(k[j*c.d+e])
				}
				weights[j] = math.Exp(s * float64(scale))
				sum += weights[j]
			}
			for e := range c.d {
				y := 0.0
				for j := range keys {
					y += weights[j] / sum * float64(v[j*c.d+e])
				}
				want = append(want, float32(y))
			}
		}
		all = append(all, Case{Name: c.kernel, File: "matrix_attention", Kernel: c.kernel, Grid: line(32 * groups), Threadgroup: line(32),
			ThreadgroupMemory: []int{8*c.d*2 + 8*(2*32+16)*4},
			Args:              []Arg{{Data: dtype.F16.Bytes(q)}, {Data: c.kv.Bytes(k)}, {Data: c.kv.Bytes(v)}, near(1e-5, want...), inline(int32(keys)), inline(scale)}})
	}
	return all
}

func asyncCopies() []Case {
	const rows = 21
	x := fill(rows*8, func(i int) float32 { return float32(i*13%17-8) / 4 })
	y := make([]float32, rows*rows)
	for i := range rows {
		for j := range rows {
			for k := range 8 {
				y[i*rows+j] += x[i*8+k] * x[j*8+k]
			}
		}
	}
	bytes := fill(110, func(i int) uint8 { return uint8(i*31 + 7) })
	v := fill(3*2*3, func(i int) float32 { return float32(i) + 1 })
	w := make([]float32, 2*4*3*3)
	copy(w[1*3:], v[3*3:]) // the second row of the source, one to the right in the first
	for i := range 12 {
		column := min(max(i%4-1, 0), 2)
		copy(w[(12+i)*3:], v[(3+column)*3:][:3])
	}
	return []Case{
		{Name: "async copies of tiles", File: "matrix_async", Kernel: "async_product", Grid: metal.Size{X: 2 * 64, Y: 2, Z: 1}, Threadgroup: line(64),
			Args: []Arg{in(halves(x...)...), out(halves(y...)...), inline(uint32(rows))}},
		{Name: "async copies of rows", File: "matrix_async", Kernel: "async_row", Grid: line(32), Threadgroup: line(32),
			Args: []Arg{in(bytes...), out(bytes[3:103]...), in(v...), out(w...)}},
	}
}
