package kernels_test

import (
	"errors"
	"testing"

	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/cpu"
	"github.com/assay-bench/assay/metal/dtype"
	"github.com/assay-bench/assay/metal/kernels"
	"github.com/assay-bench/assay/metal/quant"
)

func processor(t *testing.T) metal.Device {
	t.Helper()
	dev, err := cpu.Open(cpu.Options{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = dev.Close() })
	return dev
}

func TestResubmitAsksForEachIterationInTurn(t *testing.T) {
	dev := processor(t)
	set, err := kernels.Load(t.Context(), dev)
	if err != nil {
		t.Fatal(err)
	}
	buffers := kernels.Buffers{Device: dev}
	x, y := buffers.Upload(dtype.F32, []float32{1, 2, 4}), buffers.Floats(dtype.F32, 1)
	if err := buffers.Err(); err != nil {
		t.Fatal(err)
	}
	ops := func(i int) ([]metal.Dispatch, error) {
		row := kernels.Slice(x, i, 1, 4)
		return set.Add(kernels.Add{A: row, B: row, Y: y, N: 1, DType: dtype.F32})
	}
	replayed, err := kernels.Replay(dev, 3, ops)
	if err != nil {
		t.Fatal(err)
	}
	for name, p := range map[string]metal.Program{"replayed": replayed, "resubmitted": kernels.Resubmit(dev, 3, ops)} {
		for run, n := range []int{1, 4, 3} {
			if times, err := p.Run(t.Context(), n); err != nil || times.Wall <= 0 {
				t.Fatalf("%s: %v, %v", name, times, err)
			}
			got, err := kernels.Download(y, dtype.F32, 1)
			if want := [][]float32{{2}, {4}, {4}}[run]; err != nil || got[0] != want[0] { // iterations 0, 4 and 7 of 3
				t.Errorf("%s, run %d: %v, %v, want %v", name, run, got, err, want)
			}
		}
	}
	fault := errors.New("no kernel")
	failing := func(int) ([]metal.Dispatch, error) { return nil, fault }
	if _, err := kernels.Resubmit(dev, 3, failing).Run(t.Context(), 1); !errors.Is(err, fault) {
		t.Errorf("%v, want the decision's error", err)
	}
	if _, err := kernels.Replay(dev, 2, failing); !errors.Is(err, fault) {
		t.Errorf("%v, want the decision's error", err)
	}
	var s kernels.Sequence
	s.Add(ops(0))
	s.Add(nil, fault)
	s.Add(ops(1))
	if list, err := s.Done(); !errors.Is(err, fault) || len(list) != 1 {
		t.Errorf("a sequence keeps %v, want the first failure", err)
	}
	buffers.Release()
	if n := dev.Memory().Current; n != 0 {
		t.Errorf("%d bytes alive after release", n)
	}
}

func TestPoolSharesAndFrees(t *testing.T) {
	dev := processor(t)
	var pool kernels.Pool
	f := quant.Format{Bits: 4, Group: 32, DType: dtype.F32}
	a, b := pool.Lease(dev), pool.Lease(dev)
	first, err := a.Weights(f, 2, 8, 64, 1, 0, 1)
	if err != nil {
		t.Fatal(err)
	}
	alone := dev.Memory().Current
	if same, err := b.Weights(f, 2, 8, 64, 1, 0, 1); err != nil || same.Packed.Buffer != first.Packed.Buffer || dev.Memory().Current != alone {
		t.Errorf("a second configuration has weights of its own, %v", err)
	}
	if other, err := b.Weights(f, 2, 8, 64, 1, 1, 1); err != nil || other.Packed.Buffer == first.Packed.Buffer {
		t.Errorf("another stream has the same weights, %v", err)
	}
	a.Release()
	a.Release()
	if dev.Memory().Current != 2*alone {
		t.Error("weights that a configuration still uses were freed")
	}
	b.Release()
	if n := dev.Memory().Current; n != 0 {
		t.Errorf("%d bytes alive after every configuration was released", n)
	}
	if _, err := b.Take("w", func(metal.Device) (kernels.Weights, error) { return kernels.Weights{}, metal.ErrOutOfMemory }); !errors.Is(err, metal.ErrOutOfMemory) {
		t.Errorf("%v, want the error of making them", err)
	}
}
