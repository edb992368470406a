package front

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/assay-bench/assay/metal"
)

// TestLifetimes: what is closed, lost or released is not used, and freed once.
func TestLifetimes(t *testing.T) {
	d, f, b := open(t, metal.CUDA)
	k := kernelOf(t, d, "", "k", nil)
	s := []metal.Dispatch{{Kernel: k, Grid: one, Threadgroup: one, Args: []metal.Arg{{Buffer: b}}}}
	if _, err := d.Record(); err == nil {
		t.Error("a program without iterations was recorded")
	}
	if _, err := d.Record(s, nil); err == nil || !strings.Contains(err.Error(), "iteration 1 has no dispatches") {
		t.Errorf("an empty iteration: %v", err)
	}
	p, err := d.Record(s)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Run(t.Context(), 0); err == nil {
		t.Error("no iterations were run")
	}
	off, cancel := context.WithCancel(t.Context())
	cancel()
	_, ran := p.Run(off, 1)
	_, submitted := d.Submit(off, s)
	if !errors.Is(ran, context.Canceled) || !errors.Is(submitted, context.Canceled) {
		t.Errorf("called off: %v, %v", ran, submitted)
	}
	b.Release()
	b.Release()
	if _, err := p.Run(t.Context(), 1); !errors.Is(err, metal.ErrFault) || !strings.Contains(err.Error(), "was released") {
		t.Errorf("run with a released buffer: %v", err)
	}
	if err := b.Write(0, []byte{1}); err == nil || b.Bytes() != nil {
		t.Errorf("write after release: %v", err)
	}
	p.Release()
	p.Release()
	if _, err := p.Run(t.Context(), 1); err == nil || f.freed != 2 {
		t.Errorf("run after release: %v; %d freed, want the buffer and the program", err, f.freed)
	}
	alive, err := d.NewBuffer(8)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(d.Close(), d.Close()); err != nil || f.freed != 3 {
		t.Errorf("close: %v, %d freed, want 3", err, f.freed)
	}
	alive.Release()
	_, made := d.NewBuffer(1)
	_, recorded := d.Record(s)
	for _, err := range []error{made, recorded, alive.Read(0, make([]byte, 1))} {
		if !errors.Is(err, metal.ErrLost) || !strings.Contains(err.Error(), "cuda device: device is lost: it was closed") {
			t.Errorf("after close: %v", err)
		}
	}
	if m := d.Memory(); m.Current != 0 || m.Peak != 64 {
		t.Errorf("memory is %+v", m)
	}
}

// TestLost: a device that is lost frees nothing and says why.
func TestLost(t *testing.T) {
	d, f, b := open(t, metal.Apple)
	f.lost = errors.New("the GPU hangs")
	if _, err := d.NewBuffer(1); !errors.Is(err, metal.ErrLost) || !strings.Contains(err.Error(), "the GPU hangs") {
		t.Errorf("a buffer of a lost device: %v", err)
	}
	b.Release()
	if f.freed != 0 || d.Memory().Current != 0 {
		t.Errorf("%d freed, %+v", f.freed, d.Memory())
	}
}

func TestMemory(t *testing.T) {
	d, _, b := open(t, metal.CPU)
	if _, err := d.NewBuffer(0); err == nil {
		t.Error("a buffer of no bytes was made")
	}
	if _, err := d.NewBuffer(1 << 20); !errors.Is(err, metal.ErrOutOfMemory) || !strings.Contains(err.Error(), "beside 64 in use") {
		t.Errorf("a buffer that does not fit: %v", err)
	}
	got := make([]byte, 2)
	if err := errors.Join(b.Write(62, []byte{1, 2}), b.Read(62, got), b.Read(64, nil)); err != nil || !slices.Equal(got, []byte{1, 2}) {
		t.Errorf("read %v, %v", got, err)
	}
	for _, offset := range []int{-1, 63, 64, math.MaxInt} {
		if err := b.Read(offset, got); err == nil || !strings.Contains(err.Error(), "outside the buffer of 64 bytes") {
			t.Errorf("read of 2 bytes at %d: %v", offset, err)
		}
	}
}

// A kernel is looked up once for each set of function constants: programs that
// look up for every dispatch pay for a map, and not for the source.
func TestKernelsAreFoundOnce(t *testing.T) {
	d, f, _ := open(t, metal.Sim)
	lib, err := d.Compile(t.Context(), metal.Source{Name: "k.metal"})
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		for _, constants := range []map[int]any{nil, {1: true}, {1: false}, {2: true}} {
			if _, err := lib.Kernel("k", constants); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := lib.Kernel("", nil); !errors.Is(err, metal.ErrNoKernel) {
			t.Errorf("a kernel without a name: %v", err)
		}
	}
	if f.found != 4 {
		t.Errorf("the backend was asked for %d kernels, want 4", f.found)
	}
}
