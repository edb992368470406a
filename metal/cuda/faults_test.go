package cuda_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/cuda"
)

// faulty are kernels that must end as an error of that class, in this process
// and no other. The first line of a body is line 4.
var faulty = map[string]struct {
	body    string
	class   error
	where   []string // patterns of what is said at the latest by the second run
	threads int      // 0 for two simdgroups
}{
	"out-of-bounds": {"x[0x40000000u + i * 4096u] = 1;", metal.ErrFault, []string{`at broken\.metal:4`}, 0},
	"unbound":       {"unbound[i] = 1;", metal.ErrFault, []string{`argument 1 \(unbound\) is missing`}, 0}, // before it runs
	"endless":       {endless, metal.ErrTimeout, []string{`broken\.metal:5 \(64 threads\)`}, 0},
	"endless-full":  {endless, metal.ErrTimeout, []string{`broken\.metal:5 \(`}, 1 << 20},
	// Half of the threads wait at a barrier for the others, which wait for what
	// comes after it. (A barrier that threads miss by ending is none of NVIDIA's
	// concern: those count as arrived. And a thread goes on from a barrier up to
	// the next access to memory before it waits.)
	"barrier": {`device atomic_uint *a = (device atomic_uint *)x;
if (i < 32u) {
  threadgroup_barrier(mem_flags::mem_device);
  atomic_store_explicit(a, 9u, memory_order_relaxed);
} else {
  while (atomic_load_explicit(a, memory_order_relaxed) != 9u) {}
  threadgroup_barrier(mem_flags::mem_device);
}`, metal.ErrTimeout, []string{`broken\.metal:[67] \(32 threads\)`, `broken\.metal:9 \(32 threads\)`}, 0},
	"syntax":    {"x[0] = ;", metal.ErrCompile, []string{`broken\.metal\(4\)`}, 0},
	"undefined": {"x[0] = nothing(i);", metal.ErrCompile, []string{`broken\.metal\(4\)`}, 0},
}

const endless = `device atomic_uint *a = (device atomic_uint *)x;
while (atomic_load_explicit(a, memory_order_relaxed) != 12345u) {}`

// run compiles and runs a kernel body, on two simdgroups if threads is 0.
func run(ctx context.Context, dev metal.Device, body string, threads int) error {
	lib, err := dev.Compile(ctx, metal.Source{Name: "broken.metal", Text: "#include <metal_stdlib>\nusing namespace metal;\n" +
		"kernel void broken(device uint *x [[buffer(0)]], device uint *unbound [[buffer(1)]], uint i [[thread_position_in_grid]]) {\n" + body + "\n}\n" +
		"kernel void behind(device atomic_uint *x [[buffer(0)]]) { atomic_store_explicit(x, simd_sum(4u), memory_order_relaxed); }\n"})
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
	args := []metal.Arg{{Buffer: b}, {Buffer: b}}
	if strings.HasPrefix(body, "unbound[") {
		args[1] = metal.Arg{}
	}
	p, err := dev.Record([]metal.Dispatch{{Kernel: k, Args: args, Grid: metal.Size{X: cmp.Or(threads, 64)}, Threadgroup: metal.Size{X: 64}}})
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
		t.Skip("the test makes faults on a GPU:", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := dev.Close(); err != nil {
		t.Fatal(err)
	}
	for name, f := range faulty {
		t.Run(name, func(t *testing.T) {
			says := func(out string) bool {
				return !slices.ContainsFunc(f.where, func(want string) bool { return !regexp.MustCompile(want).MatchString(out) })
			}
			out := again(t, name)
			// A run remembers that the source went wrong; the next one asks where.
			if !says(out) {
				if !strings.Contains(out, "kernel broken (run it again") {
					t.Errorf("the first run does not ask for a second one:\n%s", out)
				}
				out = again(t, name)
			}
			if !strings.Contains(out, "class: "+f.class.Error()) || !says(out) {
				t.Errorf("want %v and %q, the process said:\n%s", f.class, f.where, out)
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
	body, threads := "x[0] = 7;", 0
	if f, ok := faulty[name]; ok {
		body, threads = f.body, f.threads
	}
	err = run(t.Context(), dev, body, threads)
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
