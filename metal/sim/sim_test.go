package sim

import (
	"context"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/internal/front"
)

var cxx = flag.String("cxx", "", "C++ compiler to test with; empty for the one the device finds")

// open returns a device that notices hangs early, skipping without a compiler.
func open(t *testing.T, o Options) metal.Device {
	t.Helper()
	if o.Timeout == 0 {
		o.Timeout = 30 * time.Second
	}
	if o.Compiler == "" {
		o.Compiler = *cxx
	}
	dev, err := Open(t.Context(), o)
	if errors.Is(err, metal.ErrUnavailable) {
		t.Skip("the test runs kernels on the simulator:", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { dev.Close() })
	return dev
}

func compile(t *testing.T, dev metal.Device, file string) metal.Library {
	t.Helper()
	text, err := os.ReadFile("testdata/" + file)
	if err != nil {
		t.Fatal(err)
	}
	lib, err := dev.Compile(t.Context(), metal.Source{Name: file, Text: string(text)})
	if err != nil {
		t.Fatal(err)
	}
	return lib
}

// lookUp says what is wrong with kernel k of a source.
func lookUp(t *testing.T, dev metal.Device, src metal.Source) error {
	t.Helper()
	lib, err := dev.Compile(t.Context(), src)
	if err != nil {
		t.Fatal(err)
	}
	_, err = lib.Kernel("k", nil)
	return err
}

func TestCompileErrors(t *testing.T) {
	dev := open(t, Options{})
	for _, c := range []struct{ name, src, want string }{
		{"undeclared", "#include <metal_stdlib>\nusing namespace metal;\nkernel void k(device float *x, uint i [[thread_position_in_grid]]) {\n  x[i] = nonsense;\n}\n", "bad.metal:4:"},
		{"syntax", "#include <metal_stdlib>\nkernel void k(device float *x) {\n  x[0] = 1 1;\n}\n", "bad.metal:3:"},
		{"subset", "kernel void k(texture2d<float> t [[texture(0)]]) {}\n", "bad.metal:1:15: texture2d"},
		{"arms", "#include <metal_stdlib>\nusing namespace metal;\nkernel void k(device half *x, device float *y) {\n  y[0] = x[0] > 0.0h ? x[0] : y[1];\n}\n",
			"write c ? x : half(0)"},
		{"no such call", "#include <metal_stdlib>\nusing namespace metal;\nkernel void k(device half *x) {\n  x[0] = simd_shuffle(x[0], x);\n}\n", "bad.metal:4:"},
		{"for want of what is refused", "#include <metal_stdlib>\nusing namespace metal;\ninline float at(float x) { return x; }\ninline float at(texture2d<float> t, float2 p) { return 0; }\nkernel void k(device float *x) {\n  x[0] = at(x[1], float2(0));\n}\n",
			"left out: at: bad.metal:4:17: texture2d"},
		{"in the prelude", "#include <metal_stdlib>\nusing namespace metal;\nstruct S { half x; };\nkernel void k(device S *x, device uint *y) {\n  y[0] = as_type<uint>(x[0].x);\n}\n", "bad.metal:5:"},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := lookUp(t, dev, metal.Source{Name: "bad.metal", Text: c.src})
			if !errors.Is(err, metal.ErrCompile) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error is %v, want a compile error with %s", err, c.want)
			}
			for _, own := range []string{"assay_msl", "scratch space", "note: candidate template"} {
				if err != nil && strings.Contains(err.Error(), own) {
					t.Errorf("error names the prelude's own %q: %v", own, err)
				}
			}
		})
	}
}

// TestAddressSpaces: a pointer that forgets its address space is refused where the
// compiler can tell, though it would run; else the facts say so.
func TestAddressSpaces(t *testing.T) {
	src := metal.Source{Name: "spaces.metal", Text: "kernel void k(const device float *x, device float *y, uint i [[thread_position_in_grid]]) {\n  const float *xr = x + i;\n  y[i] = xr[0];\n}\n"}
	dev := open(t, Options{})
	for range 2 { // the second time as well: what is refused is not cached
		err := lookUp(t, dev, src)
		if dev.Info().Facts["address_spaces"] != "checked" {
			if err != nil {
				t.Error(err)
			}
			continue
		}
		if !errors.Is(err, metal.ErrCompile) || !strings.Contains(err.Error(), "spaces.metal:2:16: error: cannot initialize") {
			t.Errorf("error is %v, want a compile error at spaces.metal:2:16", err)
		}
	}
}

func TestCannotCheckSpaces(t *testing.T) {
	for version, want := range map[string]bool{
		"clang version 16.0.6": true, "clang version 15.0.6": false, "Apple clang version 15.0.0 (clang-1500.3.9.4)": false, "g++ (Debian 12.2.0-14) 12.2.0": false,
	} {
		c := &compiler{version: version, clang: strings.Contains(version, "clang")}
		if why := c.spaces(); (why == "") != want || want == strings.Contains(why, "clang 16 or newer") {
			t.Errorf("%s: %q", version, why)
		}
	}
}

func TestBinding(t *testing.T) {
	dev := open(t, Options{})
	lib := compile(t, dev, "faults.metal")
	k, err := lib.Kernel("write_past_end", nil)
	if err != nil {
		t.Fatal(err)
	}
	b, err := dev.NewBuffer(64)
	if err != nil {
		t.Fatal(err)
	}
	groups, err := lib.Kernel("group_argument", nil)
	if err != nil {
		t.Fatal(err)
	}
	two, one := []metal.Arg{{Buffer: b}, {Buffer: b}}, metal.Size{X: 1}
	for _, c := range []struct {
		name string
		d    metal.Dispatch
		want string
	}{
		{"missing", metal.Dispatch{Kernel: k, Args: two[:1]}, "argument 1 (y) is missing: 1 are given"},
		{"group memory", metal.Dispatch{Kernel: groups, Args: two[:1]}, "threadgroup argument 0 (s) has no size"},
		{"much group memory", metal.Dispatch{Kernel: groups, Args: two[:1], ThreadgroupMemory: []int{32<<10 + 16}},
			"threadgroup argument 0 of 32784 bytes: beside the kernel's own there are 32768 for all"},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.d.Grid, c.d.Threadgroup = one, one
			if _, err := dev.Record([]metal.Dispatch{c.d}); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error is %v, want %q", err, c.want)
			}
		})
	}
	if _, err := lib.Kernel("fin", nil); !errors.Is(err, metal.ErrNoKernel) || !strings.Contains(err.Error(), "fine") {
		t.Errorf("error is %v, want one that lists fine", err)
	}
}

// TestMany: threadgroups run on all workers, programs rotate, memory is
// accounted and buffers released while the child holds them.
func TestMany(t *testing.T) {
	dev := open(t, Options{Workers: 3, MemoryLimit: 1 << 20})
	lib := compile(t, dev, "faults.metal")
	k, err := lib.Kernel("fine", nil)
	if err != nil {
		t.Fatal(err)
	}
	const n = 1000
	var iterations [][]metal.Dispatch
	var buffers []metal.Buffer
	for range 3 {
		b, err := dev.NewBuffer(4 * n)
		if err != nil {
			t.Fatal(err)
		}
		buffers = append(buffers, b)
		iterations = append(iterations, []metal.Dispatch{{Kernel: k, Args: []metal.Arg{{Buffer: b}}, Grid: metal.Size{X: n}, Threadgroup: metal.Size{X: 32}}})
	}
	p, err := dev.Record(iterations...)
	if err != nil {
		t.Fatal(err)
	}
	beats := 0
	times, err := p.Run(metal.WithBeat(t.Context(), func() { beats++ }), 2)
	if err != nil || times.Device <= 0 || times.Wall < times.Device || beats == 0 {
		t.Fatalf("times %+v, %d beats, error %v", times, beats, err)
	}
	for i, want := range []byte{0x42, 0x42, 0} { // the high byte of 42.0f; the third buffer is not reached
		last := make([]byte, 1)
		if err := buffers[i].Read(4*n-1, last); err != nil || last[0] != want {
			t.Errorf("buffer %d ends with %x, want %x, error %v", i, last[0], want, err)
		}
	}
	buffers[2].Release()
	if _, err := p.Run(t.Context(), 1); err == nil || !strings.Contains(err.Error(), "released") {
		t.Errorf("run with a released buffer: error is %v", err)
	}
	if m := dev.Memory(); m.Current != 8*n || m.Peak != 12*n {
		t.Errorf("memory is %+v", m)
	}
	if _, err := dev.NewBuffer(2 << 20); !errors.Is(err, metal.ErrOutOfMemory) {
		t.Errorf("error is %v, want out of memory", err)
	}
	if info := dev.Info(); !info.Simulated || info.Kind != metal.Sim {
		t.Errorf("info %+v does not say that it is simulated", info)
	}
	dev.Close()
	if _, err := p.Run(t.Context(), 1); !errors.Is(err, metal.ErrLost) {
		t.Errorf("run after Close: error is %v", err)
	}
}

// TestManyBytes: arguments as large and as many as Metal allows reach the kernel.
func TestManyBytes(t *testing.T) {
	dev := open(t, Options{})
	const inputs = 30
	var head, sum strings.Builder
	args := []metal.Arg{{}}
	for i := range inputs {
		fmt.Fprintf(&head, ", constant uchar *a%d", i)
		fmt.Fprintf(&sum, " + a%d[%d]", i, front.MaxBytes-1)
		bytes := make([]byte, front.MaxBytes)
		bytes[front.MaxBytes-1] = byte(i)
		args = append(args, metal.Arg{Bytes: bytes})
	}
	lib, err := dev.Compile(t.Context(), metal.Source{Name: "many.metal", Text: "kernel void many(device uint *y" + head.String() + ") { y[0] = 0" + sum.String() + "; }\n"})
	if err != nil {
		t.Fatal(err)
	}
	k, err := lib.Kernel("many", nil)
	if err != nil {
		t.Fatal(err)
	}
	if args[0].Buffer, err = dev.NewBuffer(4); err != nil {
		t.Fatal(err)
	}
	if _, err := dev.Submit(t.Context(), []metal.Dispatch{{Kernel: k, Args: args, Grid: metal.Size{X: 1}, Threadgroup: metal.Size{X: 1}}}); err != nil {
		t.Fatal(err)
	}
	out := make([]byte, 4)
	if err := args[0].Buffer.Read(0, out); err != nil {
		t.Fatal(err)
	}
	if got, want := binary.LittleEndian.Uint32(out), uint32(inputs*(inputs-1)/2); got != want {
		t.Errorf("the kernel got %d, want %d", got, want)
	}
}

func TestOpenIsCalledOff(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Open(ctx, Options{}); !errors.Is(err, context.Canceled) || errors.Is(err, metal.ErrUnavailable) {
		t.Errorf("error is %v, want the caller's cancellation and no word about compilers", err)
	}
}

func TestNoCompiler(t *testing.T) {
	_, err := Open(t.Context(), Options{Compiler: "no-such-compiler"})
	if !errors.Is(err, metal.ErrUnavailable) || !strings.Contains(err.Error(), "apt install g++") {
		t.Errorf("error is %v, want unavailable with what to do", err)
	}
}
