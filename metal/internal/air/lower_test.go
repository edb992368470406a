package air

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/assay-bench/assay/metal/msl"
)

var update = flag.Bool("update", false, "write the golden files")

// sharedKernel is the kernel of testdata/shared.ll.
var sharedKernel = &msl.Kernel{Name: "shared", Args: []msl.Arg{
	{Name: "x", Index: 0, Space: msl.Device}, {Name: "n", Index: 1, Space: msl.Constant},
	{Name: "scratch", Index: 0, Space: msl.Threadgroup},
	{Name: "i", Space: msl.Builtin, Attr: "thread_position_in_grid", Index: -1},
	{Name: "at", Space: msl.Builtin, Attr: "thread_position_in_threadgroup", Index: -1},
}}

func read(t testing.TB) string {
	t.Helper()
	text, err := os.ReadFile("testdata/shared.ll")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestLower(t *testing.T) {
	got, err := Lower(read(t), sharedKernel, map[int]any{3: float32(0.1)})
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile("testdata/shared.golden.ll", []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile("testdata/shared.golden.ll")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Error("-want +got; go test ./metal/internal/air -update writes it\n" + diff)
	}
	for i, line := range strings.Split(got, "\n") { // messages are of this text
		if strings.Contains(line, "@air.simd_sum.f32(float %10, i32 ") && !strings.Contains(line, fmt.Sprintf(", i32 %d)", i+1)) {
			t.Errorf("line %d says it is another: %s", i+1, line)
		}
	}
}

// A product and a sum stay two operations.
func TestNothingIsFused(t *testing.T) {
	text := strings.ReplaceAll(read(t), "declare ", "declare <4 x half> @llvm.fmuladd.v4f16(<4 x half>, <4 x half>, <4 x half>)\n\ndeclare ")
	got, err := Lower(text, sharedKernel, map[int]any{3: float32(0.1)})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"@assay.muladd.v4f16(<4 x half> %x,", "fmul <4 x half> %x, %y", "fadd <4 x half> %xy, %z"} {
		if !strings.Contains(got, want) {
			t.Errorf("the text has no %q", want)
		}
	}
	if strings.Contains(got, "fmuladd") {
		t.Error("llvm.fmuladd is left, which clang fuses")
	}
}

func TestLowerErrors(t *testing.T) {
	text := read(t)
	for _, c := range []struct {
		name, text string
		kernel     *msl.Kernel
		constants  map[int]any
		want       string
	}{
		{"no constant", text, sharedKernel, nil, "function constant scale (index 3) has no value"},
		{"constant of another type", text, sharedKernel, map[int]any{3: true}, "a bool is no float"},
		{"unknown function", strings.ReplaceAll(text, "air.simd_sum.f32", "air.sample_texture_2d.v4f32"), sharedKernel, map[int]any{3: float32(1)}, "air.sample_texture_2d.v4f32 is not implemented"},
		{"declared otherwise", strings.ReplaceAll(text, "@air.simd_sum.f32(float", "@air.simd_sum.f32(i32"), sharedKernel, map[int]any{3: float32(1)}, "takes a float and is declared with a i32"},
		{"another kernel", text, &msl.Kernel{Name: "other"}, map[int]any{3: float32(1)}, `no kernel "other"`},
		{"other arguments", text, &msl.Kernel{Name: "shared", Args: sharedKernel.Args[:2]}, map[int]any{3: float32(1)}, "2 arguments by its metadata and 5 by its code"},
		{"wide vectors", text + "declare <1000000000 x float> @air.exp.v1000000000f32(<1000000000 x float>)\n", sharedKernel, map[int]any{3: float32(1)}, "Metal has none above 64"},
		{"C library", strings.ReplaceAll(text, "@air.simd_sum.f32", "@system"), sharedKernel, map[int]any{3: float32(1)}, "the function @system is not in the bitcode"},
		{"call by address", strings.ReplaceAll(text, "call float @air.simd_sum.f32(", "call float %8("), sharedKernel, map[int]any{3: float32(1)}, "a call by address"},
		{"call of a number", strings.ReplaceAll(text, "call float @air.simd_sum.f32(", "call float inttoptr (i64 4096 to ptr)("), sharedKernel, map[int]any{3: float32(1)}, "a call by address"},
		{"machine code", "module asm \"ret\"\n" + text, sharedKernel, map[int]any{3: float32(1)}, "machine code is no part"},
		{"inline machine code", strings.ReplaceAll(text, "call float @air.simd_sum.f32(float %10)", "call float asm sideeffect \"\", \"=x,x\"(float %10)"), sharedKernel, map[int]any{3: float32(1)}, "machine code is no part"},
		{"variable of another", "@environ = external global ptr\n" + text, sharedKernel, map[int]any{3: float32(1)}, "the variable is not in the bitcode"},
		{"no end", text[:strings.LastIndex(text, "}\n\ndeclare")], sharedKernel, map[int]any{3: float32(1)}, "does not end"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := Lower(c.text, c.kernel, c.constants); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error is %v, want one with %q", err, c.want)
			}
		})
	}
}

// Every function that a name can call is defined in C++ and can be called: a module
// that calls all links with the library.
func TestEveryFunctionLinks(t *testing.T) {
	t.Parallel()
	clang, err := exec.LookPath("clang++-16")
	if err != nil {
		t.Skip("the test compiles LLVM text:", err)
	}
	var calls, declarations strings.Builder
	for i, name := range slices.Sorted(maps.Keys(functions)) {
		f := functions[name]
		var types, args []string
		for _, p := range f.params {
			types, args = append(types, p.ir), append(args, p.ir+" "+zero(p.ir))
		}
		fmt.Fprintf(&declarations, "declare %s @air.%s(%s)\n", f.result.ir, name, strings.Join(types, ", "))
		call := fmt.Sprintf("call %s @air.%s(%s)", f.result.ir, name, strings.Join(args, ", "))
		if f.result == void {
			fmt.Fprintf(&calls, "  %s\n", call)
		} else {
			fmt.Fprintf(&calls, "  %%r%d = %s\n  store volatile %s %%r%d, ptr %%x\n", i, call, f.result.ir, i)
		}
	}
	text := "define void @all(ptr %x) {\n" + calls.String() + "  ret void\n}\n" + declarations.String()
	lowered, err := Lower(text, &msl.Kernel{Name: "all", Args: []msl.Arg{{Name: "x", Space: msl.Device}}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, text := range map[string]string{"all.ll": lowered, "air.cc": Library(), "runtime.cc": msl.HostRuntimeHeader() + runtimeStub} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	flags := append(msl.HostFlags(), "-w", "-fPIC", "-shared", "-Wl,--no-undefined", "-o", "all.so", "air.cc", "runtime.cc", "-x", "ir", "all.ll", "-lm")
	cmd := exec.CommandContext(t.Context(), clang, flags...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}

func zero(t string) string {
	switch t {
	case "ptr":
		return "%x"
	case "float":
		return "0.0"
	}
	if n, _ := vectorOf(t); n > 0 || t == "half" || t == "bfloat" {
		return "zeroinitializer"
	}
	return "0"
}

// runtimeStub stands for the functions of sim's child process.
const runtimeStub = `
extern "C" {
void assay_barrier(const char*, int) {}
unsigned assay_exchange(int, int, const void*, unsigned, void*) { return 0; }
void assay_lanes(unsigned) {}
unsigned assay_lane() { return 0; }
void* assay_shared(int, const char*, int, unsigned) { return 0; }
}
`

func FuzzLower(f *testing.F) {
	f.Add(read(f))
	f.Add("define void @shared(")
	f.Add("@x = externally_initialized constant ")
	f.Fuzz(func(t *testing.T, text string) {
		_, _ = Lower(text, sharedKernel, map[int]any{3: float32(1)})
	})
}
