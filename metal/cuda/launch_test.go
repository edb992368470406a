package cuda

import (
	"encoding/binary"
	"strings"
	"testing"
	"unsafe"

	"github.com/google/go-cmp/cmp"

	"github.com/assay-bench/assay/metal"
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

func testKernel(d *Device) *kernel {
	return &kernel{d: d, name: "k", maxThreads: 256, maxShared: 1 << 10, params: []param{
		{Param: msl.Param{Kind: msl.ParamBuffer, Index: 0}, name: "x"},
		{Param: msl.Param{Kind: msl.ParamValue, Index: 2}, name: "p", size: 12},
		{Param: msl.Param{Kind: msl.ParamBuffer, Index: 1}, name: "unused"},
		{Param: msl.Param{Kind: msl.ParamThreadgroupOffset, Index: 0}, name: "a"},
		{Param: msl.Param{Kind: msl.ParamThreadgroupOffset, Index: 1}, name: "b"},
		{Param: msl.Param{Kind: msl.ParamGridX}},
		{Param: msl.Param{Kind: msl.ParamGridY}},
		{Param: msl.Param{Kind: msl.ParamGridZ}},
	}}
}

func TestArguments(t *testing.T) {
	d := &Device{stream: 9}
	b := &Buffer{d: d, at: 0x7_0000_1000, size: 256}
	s := metal.Dispatch{
		Kernel: testKernel(d),
		Args:   []metal.Arg{{Buffer: b, Offset: 16}, {}, {Bytes: []byte{1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 99}}},
		Grid:   metal.Size{X: 100, Y: 3}, Threadgroup: metal.Size{X: 64},
		ThreadgroupMemory: []int{20, 4},
	}
	var l launch
	for range 2 { // the second time reuses memory
		if err := d.prepare(&l, &s); err != nil {
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
	d := &Device{}
	good := &Buffer{d: d, at: 4096, size: 64}
	params := metal.Arg{Bytes: make([]byte, 12)}
	base := func() metal.Dispatch {
		return metal.Dispatch{
			Kernel: testKernel(d), Args: []metal.Arg{{Buffer: good}, {}, params},
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
		"too many bytes":    {func(s *metal.Dispatch) { s.Args[2].Bytes = make([]byte, 4097) }, "at most 4096"},
		"other device":      {func(s *metal.Dispatch) { s.Args[0].Buffer = &Buffer{d: &Device{}, at: 1, size: 9} }, "another device"},
		"released buffer":   {func(s *metal.Dispatch) { s.Args[0].Buffer = &Buffer{d: d, size: 9} }, "was released"},
		"offset outside":    {func(s *metal.Dispatch) { s.Args[0].Offset = 64 }, "of a buffer of 64"},
		"too many threads":  {func(s *metal.Dispatch) { s.Threadgroup.X = 512 }, "at most 256"},
		"threads overflow":  {func(s *metal.Dispatch) { s.Threadgroup = metal.Size{X: 1 << 22, Y: 1 << 21, Z: 1 << 21} }, "at most 256"},
		"negative grid":     {func(s *metal.Dispatch) { s.Grid.X = -1 }, "positive"},
		"grid too high":     {func(s *metal.Dispatch) { s.Grid.Y = 70000 }, "CUDA allows 65535"},
		"threadgroup size":  {func(s *metal.Dispatch) { s.ThreadgroupMemory = []int{4} }, "threadgroup argument 1 (b)"},
		"threadgroup large": {func(s *metal.Dispatch) { s.ThreadgroupMemory[0] = 4096 }, "the GPU has 1024"},
		"other's kernel":    {func(s *metal.Dispatch) { s.Kernel = testKernel(&Device{}) }, "did not compile"},
		"no kernel":         {func(s *metal.Dispatch) { s.Kernel = nil }, "did not compile"},
	} {
		s := base()
		c.change(&s)
		var l launch
		if err := d.prepare(&l, &s); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", name, err, c.want)
		}
	}
	s := base()
	if err := d.prepare(new(launch), &s); err != nil {
		t.Errorf("the unchanged dispatch fails: %v", err)
	}
}
