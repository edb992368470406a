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
	const (
		count = 12 // more than any kernel takes
		align = 16 // of what an argument may begin at
		most  = 8<<10 + count<<10
	)
	// Arguments are the ends of these, which are made once: an allocation asks the
	// system what is free. Each argument has one for every remainder of its size.
	var buffers [count][align]metal.Buffer
	for i := range buffers {
		for rest := range buffers[i] {
			buffers[i][rest] = r.buffer(most + rest)
		}
	}
	arg := func(i, n int) metal.Arg {
		return metal.Arg{Buffer: buffers[i][n%align], Offset: most + n%align - n}
	}
	guarded := bytes.Repeat([]byte{0xa5}, simd.Overread)
	behind := func(b metal.Buffer) []byte { // mapped, for reads past the end
		n := b.Len()
		return unsafe.Slice(&b.Bytes()[0], n+len(guarded))[n:]
	}
	f.Fuzz(func(t *testing.T, name, size, step uint16, params []byte) {
		k, err := r.lib.Kernel(names[int(name)%len(names)], nil)
		if err != nil {
			t.Fatal(err)
		}
		args := make([]metal.Arg, count)
		for i := range args {
			args[i] = arg(i, 1+int(size)%(8<<10)+i*(int(step)%(1<<10)))
			clear(args[i].Buffer.Bytes()[args[i].Offset:])
			copy(behind(args[i].Buffer), guarded)
		}
		for n := 2; n < count; n++ {
			d := metal.Dispatch{Kernel: k, Args: append(slices.Clone(args[:n]), metal.Arg{Bytes: params}), Grid: metal.Size{X: 1}, Threadgroup: metal.Size{X: 1}}
			p, err := r.dev.Record([]metal.Dispatch{d})
			if err != nil {
				continue
			}
			_, _ = p.Run(context.Background(), 1)
			p.Release()
		}
		for i, a := range args {
			if !bytes.Equal(behind(a.Buffer), guarded) {
				t.Fatalf("kernel %s wrote behind argument %d", k.Name(), i)
			}
		}
	})
}
