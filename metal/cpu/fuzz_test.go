package cpu

import (
	"bytes"
	"context"
	"slices"
	"testing"
	"unsafe"

	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/cpu/simd"
	"github.com/assay-bench/assay/metal/kernels"
)

// FuzzDispatch: whatever the parameter block says about buffers of whatever
// sizes, a dispatch runs or is refused, and nothing outside a buffer is touched
// (a guard behind each output shows writes).
func FuzzDispatch(f *testing.F) {
	r := newRig(f, Options{Threads: 2, MemoryLimit: 64 << 20})
	names := r.lib.Names()
	for i := range names {
		f.Add(uint16(i), uint16(600), uint16(300), kernels.Bytes(kernels.GatherParams{Pairs: 2, M: 1, N: 3, K: 128, Experts: 2, Rows: 1}))
	}
	f.Add(uint16(0), uint16(1), uint16(1), kernels.Bytes(kernels.CombineParams{M: 1 << 31, TopK: 1 << 31, D: 1 << 31, K: 1 << 31, Experts: 1 << 31}))
	const guard = simd.Overread
	f.Fuzz(func(t *testing.T, name, size, step uint16, params []byte) {
		k, err := r.lib.Kernel(names[int(name)%len(names)], nil)
		if err != nil {
			t.Fatal(err)
		}
		var args []metal.Arg
		var buffers []metal.Buffer
		var behind [][]byte
		const n = 12 // more than any kernel takes
		for i := range n {
			n := 1 + int(size) + i*int(step)
			b, err := r.dev.NewBuffer(n)
			if err != nil {
				t.Skip("the buffers of this input do not fit:", err)
			}
			after := unsafe.Slice(&b.Bytes()[0], n+guard)[n:] // mapped, for reads past the end
			for j := range after {
				after[j] = 0xa5
			}
			buffers = append(buffers, b)
			behind = append(behind, after)
			args = append(args, metal.Arg{Buffer: b})
		}
		defer func() {
			for _, b := range buffers {
				b.Release()
			}
		}()
		for count := 2; count < n; count++ {
			d := metal.Dispatch{Kernel: k, Args: append(slices.Clone(args[:count]), metal.Arg{Bytes: params}), Grid: metal.Size{X: 1}, Threadgroup: metal.Size{X: 1}}
			p, err := r.dev.Record([]metal.Dispatch{d})
			if err != nil {
				continue
			}
			_, _ = p.Run(context.Background(), 1)
			p.Release()
		}
		for i, b := range behind {
			if !bytes.Equal(b, bytes.Repeat([]byte{0xa5}, guard)) {
				t.Fatalf("kernel %s wrote behind argument %d", k.Name(), i)
			}
		}
	})
}
