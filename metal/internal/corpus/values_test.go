package main

import (
	"bytes"
	"encoding/binary"
	"fmt"

	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/dtype"
)

func inline(values ...any) argument { return argument{inline: raw(values...)} }

// raw lays values out as C does where nothing needs padding.
func raw(values ...any) []byte {
	var b []byte
	var err error
	for _, v := range values {
		if b, err = binary.Append(b, binary.LittleEndian, v); err != nil {
			panic(fmt.Sprintf("corpus: %v", err)) // a kernel's argument of a type without a fixed size
		}
	}
	return b
}

func in(dt dtype.DType, values []float32) argument { return argument{buffer: dt.Bytes(values)} }

// out begins as NaN, so that an element that nothing writes is wrong.
func out(dt dtype.DType, want []float32) argument {
	rounded := make([]float32, len(want))
	for i, v := range want {
		rounded[i] = dt.Round(v)
	}
	return argument{buffer: bytes.Repeat([]byte{0xff}, len(want)*dt.Size()), want: rounded, dt: dt}
}

// numbers are n values of a pattern: whole numbers around 0, m of them, divided by s.
func numbers(n, step, m int, s float32) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = (float32(i*step%m) - float32(m/2)) / s
	}
	return x
}

// product is the m by n matrix of the sums over k of a(row, k) * b(k, column).
func product(m, n, k int, a, b func(i, j int) float32) []float32 {
	c := make([]float32, 0, m*n)
	for i := range m {
		for j := range n {
			sum := 0.0
			for e := range k {
				sum += float64(a(i, e)) * float64(b(e, j))
			}
			c = append(c, float32(sum))
		}
	}
	return c
}

// rowsOf reads a matrix that is stored by rows, columnsOf one by columns.
func rowsOf(x []float32, columns int) func(i, j int) float32 {
	return func(i, j int) float32 { return x[i*columns+j] }
}

func columnsOf(x []float32, rows int) func(i, j int) float32 {
	return func(i, j int) float32 { return x[j*rows+i] }
}

func size(x, y, z int) metal.Size { return metal.Size{X: x, Y: y, Z: z} }

func ceil(a, b int) int { return (a + b - 1) / b }
