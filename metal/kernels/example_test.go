package kernels_test

import (
	"context"
	"fmt"

	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/cpu"
	"github.com/assay-bench/assay/metal/dtype"
	"github.com/assay-bench/assay/metal/kernels"
	"github.com/assay-bench/assay/metal/quant"
)

// A rotation of three copies of the inputs, recorded once and replayed. Resubmit
// takes the same arguments, and decides everything again in each iteration.
func ExampleReplay() {
	dev, err := cpu.Open(cpu.Options{Threads: 1})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer dev.Close()
	set, err := kernels.Load(context.Background(), dev)
	if err != nil {
		fmt.Println(err)
		return
	}
	memory := kernels.Buffers{Device: dev}
	defer memory.Release()
	x, y := memory.Upload(dtype.F32, []float32{1, 2, 3}), memory.Floats(dtype.F32, 1)
	if err := memory.Err(); err != nil { // the first failure of all allocations
		fmt.Println(err)
		return
	}
	program, err := kernels.Replay(dev, 3, func(i int) ([]metal.Dispatch, error) {
		var s kernels.Sequence
		copy := kernels.Slice(x, i, 1, 4)
		s.Add(set.Add(kernels.Add{A: copy, B: copy, Y: y, N: 1, DType: dtype.F32}))
		return s.Done()
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer program.Release()
	for range 4 {
		if _, err := program.Run(context.Background(), 1); err != nil {
			fmt.Println(err)
			return
		}
		got, err := kernels.Download(y, dtype.F32, 1)
		fmt.Println(got, err)
	}
	// Output:
	// [2] <nil>
	// [4] <nil>
	// [6] <nil>
	// [2] <nil>
}

// The configurations of one process share their weights: the second one allocates
// nothing, and the last one that is released frees them.
func ExamplePool() {
	dev, err := cpu.Open(cpu.Options{Threads: 1})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer dev.Close()
	var pool kernels.Pool
	format := quant.Format{Bits: 4, Group: 32, DType: dtype.F32}
	one, other := pool.Lease(dev), pool.Lease(dev)
	for _, lease := range []*kernels.Lease{one, other} {
		w, err := lease.Weights(format, 1, 8, 64, 1, 0, 1) // W[1,8,64] of seed 1
		fmt.Println(w.Bytes(), dev.Memory().Current, err)
	}
	one.Release()
	fmt.Println(dev.Memory().Current)
	other.Release()
	fmt.Println(dev.Memory().Current)
	// Output:
	// 384 384 <nil>
	// 384 384 <nil>
	// 384
	// 0
}
