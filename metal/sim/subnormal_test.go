package sim

import (
	"encoding/binary"
	"math"
	"testing"

	"github.com/assay-bench/assay/metal"
)

// Arithmetic of float takes and gives zero for subnormals, as Apple's compiler says
// of its kernels. Subnormals of half are normal floats and stay.
func TestSubnormals(t *testing.T) {
	dev := open(t, Options{})
	lib, err := dev.Compile(t.Context(), metal.Source{Name: "k.metal", Text: `#include <metal_stdlib>
using namespace metal;
kernel void k(device float *x, device half *y) {
  x[0] = x[0] * 4.0f;           // a subnormal operand
  x[1] = x[1] * 0.5f;           // a subnormal result
  x[2] = x[3];                  // a copy
  y[0] = y[0] * 3.0h;
}
`})
	if err != nil {
		t.Fatal(err)
	}
	k, err := lib.Kernel("k", nil)
	if err != nil {
		t.Fatal(err)
	}
	const least = math.SmallestNonzeroFloat32
	const normal = 0x1p-126
	x, y := make([]byte, 16), []byte{1, 0} // 2^-24
	for i, v := range []float32{0x1p-127, normal, 0, least} {
		binary.LittleEndian.PutUint32(x[4*i:], math.Float32bits(v))
	}
	var args []metal.Arg
	for _, data := range [][]byte{x, y} {
		b, err := dev.NewBuffer(len(data))
		if err != nil {
			t.Fatal(err)
		}
		if err := b.Write(0, data); err != nil {
			t.Fatal(err)
		}
		args = append(args, metal.Arg{Buffer: b})
	}
	one := metal.Size{X: 1}
	if _, err := dev.Submit(t.Context(), []metal.Dispatch{{Kernel: k, Args: args, Grid: one, Threadgroup: one}}); err != nil {
		t.Fatal(err)
	}
	for i, data := range [][]byte{x, y} {
		if err := args[i].Buffer.Read(0, data); err != nil {
			t.Fatal(err)
		}
	}
	for i, want := range []float32{0, 0, least, least} {
		if got := math.Float32frombits(binary.LittleEndian.Uint32(x[4*i:])); got != want {
			t.Errorf("x[%d] = %g, want %g", i, got, want)
		}
	}
	if got := binary.LittleEndian.Uint16(y); got != 3 {
		t.Errorf("y[0] = %d steps of 2^-24, want 3", got)
	}
}
