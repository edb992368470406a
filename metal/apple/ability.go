package apple

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"time"

	"github.com/assay-bench/assay/metal"
)

// A GPU of a virtual machine names an older family than the one it runs kernels on.
// What kernels need of it is tried: a sum, a maximum and an exchange over a simdgroup.
const trial = `#include <metal_stdlib>
using namespace metal;
kernel void assay_simdgroup(device const float *in [[buffer(0)]], device float *out [[buffer(1)]], uint i [[thread_position_in_grid]]) {
  out[i * 3] = simd_sum(in[i]);
  out[i * 3 + 1] = simd_max(in[i]);
  out[i * 3 + 2] = simd_shuffle_xor(in[i], 5);
}
`

// trialPatience bounds the trial: a driver that emulates may not come back.
const trialPatience = 30 * time.Second

// reduces says why a device does not reduce over a simdgroup of 32 as kernels want,
// nil if it does. All numbers are small integers, so that every order of adding gives
// the same sum.
func reduces(ctx context.Context, dev metal.Device) error {
	const wide, groups = 32, 2
	ctx, cancel := context.WithTimeout(ctx, trialPatience)
	defer cancel()
	in, want := make([]byte, 4*wide*groups), make([]float32, 3*wide*groups)
	value := func(i int) float32 { return float32(i*7%31 + i/wide) }
	for i := range wide * groups {
		binary.LittleEndian.PutUint32(in[4*i:], math.Float32bits(value(i)))
		first := i / wide * wide
		want[3*i+1] = value(first)
		for k := first; k < first+wide; k++ {
			want[3*i] += value(k)
			want[3*i+1] = max(want[3*i+1], value(k))
		}
		want[3*i+2] = value(i ^ 5)
	}
	got, err := tryOut(ctx, dev, in, 4*len(want))
	if err != nil {
		return err
	}
	for i, w := range want {
		if g := math.Float32frombits(binary.LittleEndian.Uint32(got[4*i:])); g != w {
			return fmt.Errorf("%s gives thread %d %g where %g is right", []string{"simd_sum", "simd_max", "simd_shuffle_xor"}[i%3], i/3, g, w)
		}
	}
	return nil
}

// tryOut runs the trial on what is in and gives what is out.
func tryOut(ctx context.Context, dev metal.Device, in []byte, bytes int) ([]byte, error) {
	lib, err := dev.Compile(ctx, metal.Source{Name: "simdgroup.metal", Text: trial})
	if err != nil {
		return nil, err
	}
	kernel, err := lib.Kernel("assay_simdgroup", nil)
	if err != nil {
		return nil, err
	}
	from, err := dev.NewBuffer(len(in))
	if err != nil {
		return nil, err
	}
	defer from.Release()
	to, err := dev.NewBuffer(bytes)
	if err != nil {
		return nil, err
	}
	defer to.Release()
	if err := from.Write(0, in); err != nil {
		return nil, err
	}
	threads := metal.Size{X: len(in) / 4}
	_, err = dev.Submit(ctx, []metal.Dispatch{{Kernel: kernel, Args: []metal.Arg{{Buffer: from}, {Buffer: to}}, Grid: threads, Threadgroup: threads}})
	if err != nil {
		return nil, err
	}
	out := make([]byte, bytes)
	return out, to.Read(0, out)
}
