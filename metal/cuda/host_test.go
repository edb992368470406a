package cuda

import (
	"context"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
	"unsafe"

	"github.com/google/go-cmp/cmp"

	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/msl"
)

// tree makes empty files under a folder that stands for /.
func tree(t *testing.T, files ...string) string {
	t.Helper()
	root := t.TempDir()
	for _, f := range files {
		if err := os.MkdirAll(filepath.Join(root, filepath.Dir(f)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(root, f), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func TestLibrarySearch(t *testing.T) {
	if runtime.GOARCH != "amd64" {
		t.Skip("the folder names are amd64's")
	}
	root := tree(t,
		"/usr/local/cuda-12.4/lib64/libnvrtc.so.12",
		"/usr/local/cuda-13.0/lib64/libnvrtc.so.13",
		"/usr/local/cuda-13.0/lib64/libnvrtc.alt.so.13",
		"/usr/local/cuda-13.0/lib64/libnvrtc-builtins.so.13.0",
		"/opt/torch/.venv/lib/python3.12/site-packages/nvidia/cu13/lib/libnvrtc.so.13",
		"/home/me/venv/lib/python3.11/site-packages/nvidia/cuda_nvrtc/lib/libnvrtc.so.12",
		"/opt/mine/lib64/libnvrtc.so.13",
		"/usr/lib/x86_64-linux-gnu/libcuda.so.1",
	)
	env := map[string]string{"VIRTUAL_ENV": "/home/me/venv", "CUDA_HOME": "/opt/mine"}
	p := place{root: root, env: func(name string) string { return env[name] }}
	strip := func(paths []string) (out []string) {
		for _, f := range paths {
			out = append(out, strings.TrimPrefix(f, root))
		}
		return out
	}
	want := []string{
		"libnvrtc.so.13", "libnvrtc.so.12",
		"/opt/mine/lib64/libnvrtc.so.13",
		"/usr/local/cuda-13.0/lib64/libnvrtc.so.13",
		"/usr/local/cuda-12.4/lib64/libnvrtc.so.12",
		"/home/me/venv/lib/python3.11/site-packages/nvidia/cuda_nvrtc/lib/libnvrtc.so.12",
		"/opt/torch/.venv/lib/python3.12/site-packages/nvidia/cu13/lib/libnvrtc.so.13",
	}
	if diff := cmp.Diff(want, strip(p.nvrtcPaths())); diff != "" {
		t.Errorf("NVRTC (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"libcuda.so.1", "/usr/lib/x86_64-linux-gnu/libcuda.so.1"}, strip(p.driverPaths())); diff != "" {
		t.Errorf("driver (-want +got):\n%s", diff)
	}
}

func TestMissingLibraryMessage(t *testing.T) {
	var table nvrtc
	_, err := load(&table, "NVRTC", "install it", []string{"libno-such-thing.so.1", "/no/such/libnvrtc.so"})
	if !errors.Is(err, metal.ErrUnavailable) {
		t.Fatalf("got %v, want ErrUnavailable", err)
	}
	wants := []string{"NVRTC was not found", "install it", "libno-such-thing.so.1", "/no/such/libnvrtc.so"}
	if runtime.GOOS != "linux" {
		wants = []string{runtime.GOOS}
	}
	for _, want := range wants {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("message lacks %q: %v", want, err)
		}
	}
}

func TestBindNamesTheMissingSymbol(t *testing.T) {
	var d driver
	err := bind(&d, func(name string) (uintptr, error) {
		if name == "cuGraphLaunch" {
			return 0, errors.New("not there")
		}
		return 7, nil
	})
	if err == nil || !strings.Contains(err.Error(), "cuGraphLaunch") || d.Init != 7 {
		t.Errorf("got %v, Init %d", err, d.Init)
	}
}

func TestOpenWithoutGPU(t *testing.T) {
	dev, err := Open(Options{})
	if err == nil {
		dev.Close()
		t.Skip("this machine has a GPU")
	}
	if !errors.Is(err, metal.ErrUnavailable) || !strings.HasPrefix(err.Error(), "cuda: ") {
		t.Errorf("got %v, want ErrUnavailable that begins with cuda:", err)
	}
}

func TestErrorClasses(t *testing.T) {
	d := &Device{}
	for _, c := range []struct {
		status result
		is     error
		lost   bool
	}{
		{outOfMemory, metal.ErrOutOfMemory, false},
		{noDevice, metal.ErrUnavailable, false},
		{illegalAddress, metal.ErrFault, true},
		{misalignedAddress, metal.ErrFault, true},
		{assertFailed, metal.ErrFault, true},
		{eccUncorrectable, metal.ErrLost, true},
		{invalidValue, nil, false},
	} {
		d.lost = nil
		err := d.check("cuSomething", int32(c.status), "b", "a", "b")
		if err == nil || (c.is != nil && !errors.Is(err, c.is)) {
			t.Errorf("%d: got %v, want %v", c.status, err, c.is)
		}
		if (d.lost != nil) != c.lost || errors.Is(err, metal.ErrLost) != c.lost {
			t.Errorf("%d: lost is %v, error %v, want %t", c.status, d.lost, err, c.lost)
		}
		if c.lost && !strings.Contains(err.Error(), "[a b]") {
			t.Errorf("%d: %v does not name the kernels that were running", c.status, err)
		}
		if c.lost && !errors.Is(d.usable(), metal.ErrLost) {
			t.Errorf("%d: the device goes on", c.status)
		}
	}
	if err := d.check("cuSomething", 0); err != nil {
		t.Errorf("success gives %v", err)
	}
}

func TestArchitecture(t *testing.T) {
	supported := []int32{75, 80, 86, 89, 90}
	for capability, want := range map[int]string{90: "sm_90", 86: "sm_86", 87: "compute_86", 100: "compute_90"} {
		if got, err := architecture(capability, supported); err != nil || got != want {
			t.Errorf("capability %d: %s, %v, want %s", capability, got, err, want)
		}
	}
	if _, err := architecture(70, supported); !errors.Is(err, metal.ErrUnavailable) {
		t.Errorf("capability 7.0: %v, want ErrUnavailable", err)
	}
	for arch, want := range map[string]bool{"sm_90": true, "sm_89": false, "compute_100": true, "sm_": false} {
		if overlapping(arch) != want {
			t.Errorf("overlapping(%s) is %t", arch, !want)
		}
	}
}

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

func TestRunIsCutIntoGraphs(t *testing.T) {
	for _, c := range []struct{ rotation, total, want int }{
		{1, 1, 256}, {48, 48, 288}, {64, 64, 256}, {3, 300, 3}, {1, 480, 1}, {100, 50000, 1},
	} {
		if got := chunkOf(c.rotation, c.total); got != c.want {
			t.Errorf("%d iterations of %d kernels: graphs of %d, want %d", c.rotation, c.total, got, c.want)
		}
	}
	p := &program{iterations: make([][]launch, 3), chunk: 6}
	if diff := cmp.Diff([]span{{2, 6}, {2, 6}, {2, 2}}, p.spans(2, 14), cmp.AllowUnexported(span{})); diff != "" {
		t.Errorf("spans (-want +got):\n%s", diff)
	}
	covered := 0
	for _, s := range p.spans(1, 1000) {
		if s.from != (1+covered)%3 {
			t.Fatalf("span at iteration %d begins at %d of the rotation", covered, s.from)
		}
		covered += s.n
	}
	if covered != 1000 {
		t.Errorf("spans cover %d iterations of 1000", covered)
	}
}

func TestWaitsAreBounded(t *testing.T) {
	live := context.Background()
	dead, cancel := context.WithCancel(live)
	cancel()
	if err := expired(live, time.Second, time.Minute); err != nil {
		t.Errorf("a short wait ends: %v", err)
	}
	if err := expired(live, time.Hour, time.Minute); !errors.Is(err, metal.ErrTimeout) {
		t.Errorf("a long wait gives %v", err)
	}
	if err := expired(dead, time.Second, time.Minute); !errors.Is(err, metal.ErrTimeout) || !errors.Is(err, context.Canceled) {
		t.Errorf("a wait that is called off gives %v", err)
	}
}

func TestTidyLog(t *testing.T) {
	log := "k.metal(3): warning #177-D: unused\n      float y;\n            ^\n\nk.metal(4): error: identifier \"z\" is undefined\n    z = 1;\n    ^\n1 error detected\x00"
	want := "k.metal(4): error: identifier \"z\" is undefined\n    z = 1;\n    ^\n1 error detected"
	if got := tidyLog(log); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
