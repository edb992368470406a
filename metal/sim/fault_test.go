package sim

import (
	"context"
	"encoding/binary"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/internal/front"
)

// TestFaults: everything a kernel can do wrong comes back as an error that
// names kernel, line and thread, and the device works on.
func TestFaults(t *testing.T) {
	dev := open(t, Options{})
	lib := compile(t, dev, "faults.metal")
	fine, err := lib.Kernel("fine", nil)
	if err != nil {
		t.Fatal(err)
	}
	buffer := func(n int) metal.Arg {
		b, err := dev.NewBuffer(n)
		if err != nil {
			t.Fatal(err)
		}
		return metal.Arg{Buffer: b}
	}
	cases := []struct {
		kernel  string
		args    []metal.Arg
		threads int
		group   int
		want    []string
		memory  []int // of threadgroup arguments
	}{
		{kernel: "write_past_end", args: []metal.Arg{buffer(64), buffer(40)}, threads: 16, group: 16,
			want: []string{"faults.metal:7: ", "write of 4 bytes by thread 10,0,0 at byte 40 of argument y [[buffer(1)]], which has 40 bytes"}},
		{kernel: "read_before", args: []metal.Arg{buffer(64), buffer(64)}, threads: 16, group: 16,
			want: []string{"faults.metal:12: ", "read of 4 bytes by thread 0,0,0 at byte -4 of argument x [[buffer(0)]]"}},
		{kernel: "in_helper", args: []metal.Arg{buffer(64), buffer(64)}, threads: 4, group: 4,
			want: []string{"faults.metal:16: ", "by thread 1,0,0 at byte 16000 of argument p [[buffer(0)]], which has 64 bytes"}},
		{kernel: "threadgroup_index", args: []metal.Arg{buffer(64)}, threads: 16, group: 16,
			want: []string{"faults.metal:27: ", "write of 4 bytes by thread 15,0,0 at byte 64 of threadgroup variable tile, which has 64 bytes"}},
		{kernel: "array_index", args: []metal.Arg{buffer(64)}, threads: 8, group: 8, want: []string{"faults.metal:34: ", "index 64 by thread 4,0,0 is outside the array"}},
		{kernel: "divergent", args: []metal.Arg{buffer(64)}, threads: 16, group: 16,
			want: []string{"faults.metal:39: ", "thread 0,0,0 waits at it, thread 8,0,0 waits at the one in line 43"}},
		{kernel: "returned", args: []metal.Arg{buffer(64)}, threads: 16, group: 16,
			want: []string{"faults.metal:49: ", "thread 0,0,0 waits at it, thread 5,0,0 has returned"}},
		{kernel: "divide", args: []metal.Arg{buffer(64), {Bytes: make([]byte, 8)}}, threads: 8, group: 8, want: []string{"faults.metal:60: ", "division by zero by thread 3,0,0"}},
		{kernel: "short_params", args: []metal.Arg{buffer(64), {Bytes: make([]byte, 4)}}, threads: 8, group: 8,
			want: []string{"faults.metal:64: ", "read of 4 bytes by thread 0,0,0 at byte 4 of argument p [[buffer(1)]], which has 4 bytes"}},
		{kernel: "much_group_memory", args: []metal.Arg{buffer(64)}, threads: 8, group: 8, memory: []int{16384},
			want: []string{"faults.metal:77: ", "32784 bytes of threadgroup memory with variable one_more of 4 bytes, at most 32768 on an Apple GPU"}},
		{kernel: "much_thread_memory", args: []metal.Arg{buffer(64), buffer(64)}, threads: 2, group: 2,
			want: []string{"faults.metal:84: ", "thread memory exceeds 128 KiB by thread 0,0,0: big has 262144 bytes"}},
		{kernel: "much_more_thread_memory", args: []metal.Arg{buffer(64), buffer(64)}, threads: 2, group: 2,
			want: []string{"faults.metal:90: ", "thread memory exceeds 128 KiB by thread 0,0,0: big has 4194304 bytes"}},
		{kernel: "recursion", args: []metal.Arg{buffer(64), buffer(64)}, threads: 2, group: 2,
			want: []string{"faults.metal:9", "thread memory exceeds 128 KiB by thread 0,0,0: its functions' variables and the calls"}},
		{kernel: "other_thread", args: []metal.Arg{buffer(64)}, threads: 2, group: 2,
			want: []string{"faults.metal:119: ", "read of 4 bytes by thread 1,0,0 in another thread's memory"}},
		{kernel: "matrix_lanes", args: []metal.Arg{buffer(256)}, threads: 32, group: 32,
			want: []string{"faults.metal:134: ", "matrix operation by thread 0,0,0 with 20 of the 32 threads of its simdgroup: all must reach it together"}},
		{kernel: "matrix_partial", args: []metal.Arg{buffer(256)}, threads: 48, group: 48,
			want: []string{"faults.metal:140: ", "matrix operation by thread 32,0,0 with 16 of the 32 threads"}},
	}
	for _, c := range cases {
		t.Run(c.kernel, func(t *testing.T) {
			k, err := lib.Kernel(c.kernel, nil)
			if err != nil {
				t.Fatal(err)
			}
			_, err = dev.Submit(t.Context(), []metal.Dispatch{{Kernel: k, Args: c.args, Grid: metal.Size{X: c.threads}, Threadgroup: metal.Size{X: c.group}, ThreadgroupMemory: c.memory}})
			if !errors.Is(err, metal.ErrFault) {
				t.Fatalf("error is %v, want a kernel fault", err)
			}
			for _, want := range append(c.want, "kernel "+c.kernel+": ") {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error %q lacks %q", err, want)
				}
			}
			out := c.args[len(c.args)-1]
			if out.Buffer == nil {
				out = c.args[0]
			}
			if _, err := dev.Submit(t.Context(), []metal.Dispatch{{Kernel: fine, Args: []metal.Arg{out}, Grid: metal.Size{X: 4}, Threadgroup: metal.Size{X: 4}}}); err != nil {
				t.Errorf("the dispatch after the fault: %v", err)
			}
		})
	}
}

// TestEndless: a kernel that never ends is cut off by the device's limit or by
// the caller, with the line it was in; also one whose loop does nothing that
// anyone could see.
func TestEndless(t *testing.T) {
	dev := open(t, Options{})
	own := dev.(*front.Device).Backend().(*device)
	lib := compile(t, dev, "faults.metal")
	b, err := dev.NewBuffer(512)
	if err != nil {
		t.Fatal(err)
	}
	for kernel, at := range map[string]string{"endless": "in faults.metal:5", "endless_idle": "in faults.metal:12"} {
		k, err := lib.Kernel(kernel, nil)
		if err != nil {
			t.Fatal(err)
		}
		d := []metal.Dispatch{{Kernel: k, Args: []metal.Arg{{Buffer: b}, {Buffer: b}}, Grid: metal.Size{X: 4}, Threadgroup: metal.Size{X: 4}}}
		own.o.Timeout = 50 * time.Millisecond
		for range 8 { // also where it is on its way into or out of a memory check
			if _, err = dev.Submit(t.Context(), d); !errors.Is(err, metal.ErrTimeout) || !strings.Contains(err.Error(), at) {
				t.Errorf("error is %v, want a timeout in one of the lines of %s", err, kernel)
			}
		}
		own.o.Timeout = time.Minute
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		if _, err = dev.Submit(ctx, d); !errors.Is(err, context.DeadlineExceeded) || !errors.Is(err, metal.ErrTimeout) {
			t.Errorf("error is %v, want the caller's deadline", err)
		}
		cancel()
	}
}

// TestThreadMemory: 125 of the 128 KiB that a thread has serve, beside barriers
// and simdgroup operations.
func TestThreadMemory(t *testing.T) {
	dev := open(t, Options{})
	k, err := compile(t, dev, "faults.metal").Kernel("enough_thread_memory", nil)
	if err != nil {
		t.Fatal(err)
	}
	y, err := dev.NewBuffer(4)
	if err != nil {
		t.Fatal(err)
	}
	n := metal.Arg{Bytes: []byte{1, 0, 0, 0, 2, 0, 0, 0}} // big[2] is 3 in each of 32 threads
	if _, err := dev.Submit(t.Context(), []metal.Dispatch{{Kernel: k, Args: []metal.Arg{{Buffer: y}, n}, Grid: metal.Size{X: 32}, Threadgroup: metal.Size{X: 32}}}); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, 4)
	if err := y.Read(0, got); err != nil {
		t.Fatal(err)
	}
	if v := math.Float32frombits(binary.LittleEndian.Uint32(got)); v != 96 {
		t.Errorf("the kernel gave %v, want 96", v)
	}
}
