package cuda_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/cuda"
)

// faulty are kernels that must end as an error of that class, in this process
// and no other.
var faulty = map[string]struct {
	body  string
	class error
	says  string
}{
	"out-of-bounds": {"x[0x40000000u + i * 4096u] = 1;", metal.ErrFault, "kernel broken"},
	"unbound":       {"unbound[i] = 1;", metal.ErrFault, "kernel broken"},
	"endless":       {"while (x[0] != 12345u) atomic_fetch_add_explicit((device atomic_uint *)x + 1, 1u, memory_order_relaxed);", metal.ErrTimeout, "kernel broken"},
	// Half of the threads wait at a barrier for the others, which wait for what
	// comes after it. (A barrier that threads miss by ending is none of NVIDIA's
	// concern: those count as arrived.)
	"barrier":   {"device atomic_uint *a = (device atomic_uint *)x; if (i < 32u) { threadgroup_barrier(mem_flags::mem_device); atomic_store_explicit(a, 9u, memory_order_relaxed); } else { while (atomic_load_explicit(a, memory_order_relaxed) != 9u); threadgroup_barrier(mem_flags::mem_device); }", metal.ErrTimeout, "kernel broken"},
	"syntax":    {"x[0] = ;", metal.ErrCompile, "broken.metal(4)"},
	"undefined": {"x[0] = nothing(i);", metal.ErrCompile, "broken.metal(4)"},
}

// run compiles and runs a kernel body on two simdgroups.
func run(ctx context.Context, dev metal.Device, body string) error {
	lib, err := dev.Compile(ctx, metal.Source{Name: "broken.metal", Text: "#include <metal_stdlib>\nusing namespace metal;\n" +
		"kernel void broken(device uint *x [[buffer(0)]], device uint *unbound [[buffer(1)]], uint i [[thread_position_in_grid]]) {\n" + body + "\n}\n"})
	if err != nil {
		return err
	}
	k, err := lib.Kernel("broken", nil)
	if err != nil {
		return err
	}
	b, err := dev.NewBuffer(4096)
	if err != nil {
		return err
	}
	defer b.Release()
	p, err := dev.Record([]metal.Dispatch{{Kernel: k, Args: []metal.Arg{{Buffer: b}, {}}, Grid: metal.Size{X: 64}, Threadgroup: metal.Size{X: 64}}})
	if err != nil {
		return err
	}
	defer p.Release()
	if _, err := p.Run(ctx, 8); err != nil {
		if again := b.Write(0, []byte{1}); !errors.Is(again, metal.ErrLost) {
			return fmt.Errorf("after %w the device goes on: %w", err, again)
		}
		return err
	}
	out := make([]byte, 4)
	if err := b.Read(0, out); err != nil {
		return err
	}
	if out[0] != 7 {
		return fmt.Errorf("result is %d, want 7", out[0])
	}
	return nil
}

// TestFaultsEndAsErrors runs each broken kernel in a process of its own, since
// CUDA gives up a process after a fault, and a sound one after it, which shows
// that the GPU is well.
func TestFaultsEndAsErrors(t *testing.T) {
	if name := os.Getenv("ASSAY_FAULT"); name != "" {
		child(t, name)
		return
	}
	dev, err := cuda.Open(cuda.Options{})
	if errors.Is(err, metal.ErrUnavailable) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := dev.Close(); err != nil {
		t.Fatal(err)
	}
	for name, f := range faulty {
		t.Run(name, func(t *testing.T) {
			out := again(t, name)
			if !strings.Contains(out, "class: "+f.class.Error()) || !strings.Contains(out, f.says) {
				t.Errorf("want %v and %q, the process said:\n%s", f.class, f.says, out)
			}
			// A run remembers that the source faulted; the next one asks where.
			line := "kernel broken at broken.metal:4"
			if errors.Is(f.class, metal.ErrFault) && !strings.Contains(out, line) {
				if out := again(t, name); !strings.Contains(out, "class: "+f.class.Error()) || !strings.Contains(out, line) {
					t.Errorf("want the line from the second run, it said:\n%s", out)
				}
			}
			if out := again(t, "none"); !strings.Contains(out, "class: none") {
				t.Errorf("a sound kernel afterwards:\n%s", out)
			}
		})
	}
}

// again runs this test in a new process with one kernel.
func again(t *testing.T, name string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	c := exec.CommandContext(ctx, os.Args[0], "-test.run=^TestFaultsEndAsErrors$", "-test.v")
	c.Env = append(os.Environ(), "ASSAY_FAULT="+name)
	out, err := c.CombinedOutput()
	if err != nil {
		t.Errorf("%s: %v", name, err)
	}
	return string(out)
}

func child(t *testing.T, name string) {
	dev, err := cuda.Open(cuda.Options{Timeout: 2 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	body := "x[0] = 7;"
	if f, ok := faulty[name]; ok {
		body = f.body
	}
	err = run(t.Context(), dev, body)
	class := "none"
	for _, c := range []error{metal.ErrCompile, metal.ErrTimeout, metal.ErrFault} {
		if errors.Is(err, c) {
			class = c.Error()
		}
	}
	fmt.Printf("class: %s\nerror: %v\n", class, err)
	if err := dev.Close(); err != nil {
		t.Error(err)
	}
}
