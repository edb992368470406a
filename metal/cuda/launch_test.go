package cuda

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"testing"
	"unsafe"

	"github.com/google/go-cmp/cmp"

	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/internal/front"
	"github.com/assay-bench/assay/metal/msl"
)

// words reads what the driver would read: each parameter through its pointer.
func words(l *launch, i, n int) []uint32 {
	out := make([]uint32, n)
	at := l.pointers[i] - uintptr(unsafe.Pointer(unsafe.SliceData(l.values)))
	for w := range out {
		out[w] = binary.LittleEndian.Uint32(l.values[int(at)+4*w:])
	}
	return out
}

func TestDriverStructLayout(t *testing.T) {
	var c launchConfig
	if size, stream, attributes := unsafe.Sizeof(c), unsafe.Offsetof(c.stream), unsafe.Offsetof(c.attributes); size != 56 || stream != 32 || attributes != 40 {
		t.Errorf("CUlaunchConfig: size %d, stream at %d, attributes at %d", size, stream, attributes)
	}
	var a launchAttribute
	if size, value := unsafe.Sizeof(a), unsafe.Offsetof(a.value); size != 72 || value != 8 {
		t.Errorf("CUlaunchAttribute: size %d, value at %d", size, value)
	}
}

func testKernel() *kernel {
	return &kernel{name: "k", maxThreads: 256, maxShared: 1 << 10, params: []param{
		{Param: msl.Param{Kind: msl.ParamBuffer, Index: 0}, name: "x"},
		{Param: msl.Param{Kind: msl.ParamValue, Index: 2}, name: "p", size: 12},
		{Param: msl.Param{Kind: msl.ParamBuffer, Index: 1}, name: "unused"},
		{Param: msl.Param{Kind: msl.ParamThreadgroupOffset, Index: 0}, name: "a"},
		{Param: msl.Param{Kind: msl.ParamThreadgroupOffset, Index: 1}, name: "b"},
		{Param: msl.Param{Kind: msl.ParamGridX}},
		{Param: msl.Param{Kind: msl.ParamGridY}},
		{Param: msl.Param{Kind: msl.ParamGridZ}},
	}, declared: []front.Argument{
		{Name: "x"}, {Name: "unused", Index: 1, Optional: true}, {Name: "p", Index: 2, Bytes: 12, Inline: true},
		{Name: "a", Group: true}, {Name: "b", Index: 1, Group: true},
	}}
}

func TestArguments(t *testing.T) {
	r := started(t, cache{})
	r.own.stream = 9
	b, err := r.NewBuffer(256)
	if err != nil {
		t.Fatal(err)
	}
	front.MemoryOf[*memory](b).at = 0x7_0000_1000
	s := metal.Dispatch{
		Kernel: r.Kernel(testKernel(), "k", "", ""),
		Args:   []metal.Arg{{Buffer: b, Offset: 16}, {}, {Bytes: []byte{1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 99}}},
		Grid:   metal.Size{X: 100, Y: 3}, Threadgroup: metal.Size{X: 64},
		ThreadgroupMemory: []int{20, 4},
	}
	var l launch
	for range 2 { // the second time reuses memory
		if err := r.own.prepare(&l, &s); err != nil {
			t.Fatal(err)
		}
	}
	want := [][]uint32{{0x1010, 7}, {1, 2, 3}, {0, 0}, {0}, {32}, {100}, {3}, {1}}
	for i, w := range want {
		if diff := cmp.Diff(w, words(&l, i, len(w))); diff != "" {
			t.Errorf("parameter %d (-want +got):\n%s", i, diff)
		}
	}
	if len(l.pointers) != len(want) {
		t.Errorf("%d parameters, want %d", len(l.pointers), len(want))
	}
	if l.config.grid != [3]uint32{2, 3, 1} || l.config.block != [3]uint32{64, 1, 1} || l.config.shared != 48 || l.config.stream != 9 {
		t.Errorf("shape is %+v", l.config)
	}
}

func TestWrongDispatches(t *testing.T) {
	r := started(t, cache{})
	good, err := r.NewBuffer(64)
	if err != nil {
		t.Fatal(err)
	}
	k := testKernel()
	base := func() metal.Dispatch {
		return metal.Dispatch{
			Kernel: r.Kernel(k, "k", "", ""), Args: []metal.Arg{{Buffer: good}, {}, {Bytes: make([]byte, 12)}},
			Grid: metal.Size{X: 1}, Threadgroup: metal.Size{X: 1}, ThreadgroupMemory: []int{4, 4},
		}
	}
	for name, c := range map[string]struct {
		change func(*metal.Dispatch)
		want   string
	}{
		"missing argument":  {func(s *metal.Dispatch) { s.Args = s.Args[:2] }, "argument 2 (p) is missing"},
		"short parameters":  {func(s *metal.Dispatch) { s.Args[2].Bytes = []byte{1} }, "1 bytes, the kernel reads 12"},
		"buffer for values": {func(s *metal.Dispatch) { s.Args[2] = metal.Arg{Buffer: good} }, "constant reference"},
		"grid too high":     {func(s *metal.Dispatch) { s.Grid.Y = 70000 }, "CUDA allows 65535"},
		"threadgroup size":  {func(s *metal.Dispatch) { s.ThreadgroupMemory = []int{4} }, "threadgroup argument 1 (b)"},
		"threadgroup large": {func(s *metal.Dispatch) { s.ThreadgroupMemory[0] = 4096 }, "there are 1024 for all"},
	} {
		s := base()
		c.change(&s)
		if _, err := r.Record([]metal.Dispatch{s}); !errors.Is(err, metal.ErrFault) || !strings.Contains(fmt.Sprint(err), c.want) {
			t.Errorf("%s: got %v, want %q", name, err, c.want)
		}
	}
	if _, err := r.Record([]metal.Dispatch{base()}); err != nil {
		t.Errorf("the unchanged dispatch fails: %v", err)
	}
}
