package front

import (
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/assay-bench/assay/metal"
)

// TestWrongDispatches: what is wrong on every kind of device is refused in the same
// words, before anything runs.
func TestWrongDispatches(t *testing.T) {
	d, f, good := open(t, metal.CUDA)
	other, _, foreign := open(t, metal.CUDA)
	released, err := d.NewBuffer(64)
	if err != nil {
		t.Fatal(err)
	}
	released.Release()
	k := kernelOf(t, d, "", "k", nil)
	for name, c := range map[string]struct {
		change func(*metal.Dispatch)
		want   string
	}{
		"no kernel":         {func(s *metal.Dispatch) { s.Kernel = nil }, "the kernel is not of this device"},
		"other's kernel":    {func(s *metal.Dispatch) { s.Kernel = kernelOf(t, other, "", "k", nil) }, "the kernel is not of this device"},
		"no grid":           {func(s *metal.Dispatch) { s.Grid = metal.Size{} }, "kernel k: kernel fault: grid 0x0x0: want at least one thread"},
		"negative grid":     {func(s *metal.Dispatch) { s.Grid.Y = -1 }, "grid 1x-1x0: want at least one thread"},
		"large grid":        {func(s *metal.Dispatch) { s.Grid.Z = 1 << 31 }, "an extent is at most 2^31-1"},
		"grid overflows":    {func(s *metal.Dispatch) { s.Grid = metal.Size{X: 1 << 30, Y: 1 << 30, Z: 1 << 30} }, "more than 9223372036854775807 threads"},
		"many threads":      {func(s *metal.Dispatch) { s.Threadgroup = metal.Size{X: 16, Y: 17} }, "threadgroup 16x17x0: more than 256 threads"},
		"threads overflow":  {func(s *metal.Dispatch) { s.Threadgroup = metal.Size{X: 1 << 22, Y: 1 << 21, Z: 1 << 21} }, "more than 256 threads"},
		"many bytes":        {func(s *metal.Dispatch) { s.Args[1].Bytes = make([]byte, MaxBytes+1) }, "argument 1: 4097 bytes, at most 4096 can be copied"},
		"many arguments":    {func(s *metal.Dispatch) { s.Args = make([]metal.Arg, 32) }, "32 arguments, at most 31"},
		"other's buffer":    {func(s *metal.Dispatch) { s.Args[0].Buffer = foreign }, "argument 0: the buffer is not of this device"},
		"released buffer":   {func(s *metal.Dispatch) { s.Args[0].Buffer = released }, "argument 0: the buffer of 64 bytes was released"},
		"offset behind":     {func(s *metal.Dispatch) { s.Args[0].Offset = 64 }, "argument 0: offset 64 with 1 bytes is outside the buffer of 64 bytes"},
		"offset before":     {func(s *metal.Dispatch) { s.Args[0].Offset = -1 }, "argument 0: offset -1"},
		"group memory":      {func(s *metal.Dispatch) { s.ThreadgroupMemory = []int{512, 481} }, "threadgroup argument 1 of 481 bytes: beside the kernel's own there are 1000 for all"},
		"rounded up":        {func(s *metal.Dispatch) { s.ThreadgroupMemory = []int{993} }, "threadgroup argument 0 of 993 bytes"},
		"huge group memory": {func(s *metal.Dispatch) { s.ThreadgroupMemory = []int{math.MaxInt} }, "threadgroup argument 0"},
		"negative memory":   {func(s *metal.Dispatch) { s.ThreadgroupMemory = []int{16, -1} }, "threadgroup argument 1 of -1 bytes"},
		"many group sizes":  {func(s *metal.Dispatch) { s.ThreadgroupMemory = make([]int, 32) }, "32 threadgroup arguments, at most 31"},
	} {
		t.Run(name, func(t *testing.T) {
			s := metal.Dispatch{Kernel: k, Grid: one, Threadgroup: one, Args: []metal.Arg{{Buffer: good}, {Bytes: []byte{1}}}}
			c.change(&s)
			_, submitted := d.Submit(t.Context(), []metal.Dispatch{s})
			_, recorded := d.Record([]metal.Dispatch{s})
			for _, err := range []error{submitted, recorded} {
				if !errors.Is(err, metal.ErrFault) || !strings.Contains(err.Error(), c.want) {
					t.Errorf("error is %v, want a fault with %q", err, c.want)
				}
			}
		})
	}
	fits := metal.Dispatch{
		Kernel: k, Grid: metal.Size{X: 5, Y: 4, Z: 3}, Threadgroup: metal.Size{X: 256}, ThreadgroupMemory: []int{496, 0, 490},
		Args: []metal.Arg{{Buffer: good, Offset: 63}, {}, {Bytes: make([]byte, MaxBytes)}},
	}
	if _, err := d.Submit(t.Context(), []metal.Dispatch{fits}); err != nil {
		t.Errorf("a dispatch within all limits: %v", err)
	}
	if len(f.ran) != 0 {
		t.Error("something ran")
	}
}
