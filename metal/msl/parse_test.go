package msl

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestParseFindsKernels(t *testing.T) {
	src := `#include <metal_stdlib>
using namespace metal;
struct P { uint n; };
kernel void plain(device const float4* x [[buffer(3)]], device float* y, constant P& p,
                  threadgroup half* s [[threadgroup(1)]], uint3 gid [[thread_position_in_grid]]) {
  threadgroup float tile[4][8], other;
  y[0] = x[0].x;
}
template <typename T, int N>
[[kernel]] [[max_total_threads_per_threadgroup(64)]] void generic(const device T* x [[buffer(0)]], ushort lane [[thread_index_in_simdgroup]]) {}
#define make(name, T) template [[host_name("generic_" #name)]] [[kernel]] decltype(generic<T, 8>) generic<T, 8>;
make(f32, float)
namespace inner { kernel void k(device int* a) {} }
`
	u, err := Parse("a.metal", src, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := []Kernel{
		{Name: "plain", Symbol: "assay_plain", Function: "plain", Line: 4, Args: []Arg{
			{Name: "x", Index: 3, Space: Device, Type: "const float4", Attr: "buffer", Constant: true},
			{Name: "y", Index: 0, Space: Device, Type: "float", Attr: "buffer"},
			{Name: "p", Index: 1, Space: Constant, Type: "P", Attr: "buffer", Reference: true, Constant: true},
			{Name: "s", Index: 1, Space: Threadgroup, Type: "half", Attr: "threadgroup"},
			{Name: "gid", Index: -1, Type: "uint3", Attr: "thread_position_in_grid"},
		}, Threadgroup: []ThreadgroupVar{{"tile", "float [4][8]", 6}, {"other", "float", 6}}},
		{Name: "generic_f32", Symbol: "assay_generic_f32", Function: "generic", TemplateArgs: "float, 8", Line: 12, MaxThreads: 64, Args: []Arg{
			{Name: "x", Index: 0, Space: Device, Type: "const float", Attr: "buffer", Constant: true},
			{Name: "lane", Index: -1, Type: "ushort", Attr: "thread_index_in_simdgroup"},
		}},
		{Name: "inner::k", Symbol: "assay_inner__k", Function: "inner::k", Line: 13, Args: []Arg{
			{Name: "a", Index: 0, Space: Device, Type: "int", Attr: "buffer"},
		}},
	}
	opts := []cmp.Option{cmpopts.IgnoreUnexported(Kernel{}), cmpopts.IgnoreFields(Arg{}, "File", "Line", "Col"), cmpopts.IgnoreFields(Kernel{}, "File")}
	if diff := cmp.Diff(want, u.Kernels, opts...); diff != "" {
		t.Errorf("kernels (-want +got):\n%s", diff)
	}
}

// TestParseRefuses: reading a source, or looking its last kernel up, says what is wrong.
func TestParseRefuses(t *testing.T) {
	cases := []struct{ name, src, want string }{
		{"texture", "kernel void k(\n  texture2d<float> t [[texture(0)]]) {}", "a.metal:2:3: texture2d: outside the supported compute subset (textures): use a device buffer; see docs/metal-subset.md"},
		{"sampler", "constexpr sampler s(filter::linear);\nkernel void k() { s; }", "a.metal:1:11: sampler: outside the supported compute subset (samplers)"},
		{"assembly", "kernel void k() {\n __asm(\"nop\"); }", "a.metal:2:2: __asm: outside the supported compute subset (inline assembly)"},
		{"foreign function", "float f(float) __asm(\"air.fast_sqrt.f32\");\nkernel void k() { f(1); }", "a.metal:1:16: __asm: outside the supported compute subset (inline assembly)"},
		{"another's label", "void __metal_wait_simdgroup_events(int, thread void **) __asm(\"air.fast_sqrt.f32\");\nkernel void k() { __metal_wait_simdgroup_events(0, 0); }", "(inline assembly)"},
		{"tensor", "kernel void k() {\n mpp::tensor_ops::matmul2d_descriptor d(8, 8, 8); }", "a.metal:2:2: mpp: outside the supported compute subset (Metal tensors): multiply with simdgroup_matrix; see docs/metal-subset.md"},
		{"ray tracing", "kernel void k() {\n raytracing::ray r; }", "a.metal:2:2: raytracing: outside the supported compute subset (ray tracing): see docs/metal-subset.md"},
		{"vertex function", "vertex float4 v(uint i [[vertex_id]]) { return 0; }\nkernel void k() { v(0); }", "a.metal:1:1: vertex: outside the supported compute subset (vertex functions)"},
		{"visible function", "[[visible]] float f(float x) { return x; }\nkernel void k() { f(0); }", "[[visible]]: outside the supported compute subset (visible functions)"},
		{"mesh", "[[mesh]] void f() {}\nkernel void k() { f(); }", "mesh shaders"},
		{"stage_in", "kernel void k(uint x [[stage_in]]) {}", "stage_in"},
		{"double", "kernel void k(device float* x) { double y = x[0]; }", "1:34: double: outside the supported compute subset (double precision)"},
		{"vector attribute", "kernel void k(device float* x) {\n float v __attribute__((ext_vector_type(4))); }", "a.metal:2:25: ext_vector_type: outside the supported compute subset (vector attributes): write vec<T, N>"},
		{"include", "\n#include \"utils.h\"", "a.metal:2:1: #include \"utils.h\": it is none of Metal's headers"},
		{"open brace", "kernel void k() {\n", "1:17: \"{\" is not closed"},
		{"stray brace", "}", "1:1: unexpected \"}\""},
		{"no space", "kernel void k(float x) {}", "argument x has no address space and no position attribute"},
		{"buffer by value", "kernel void k(device float x) {}", "device data must be passed as a pointer or a reference"},
		{"index twice", "kernel void k(device int* a [[buffer(1)]], device int* b [[buffer(1)]]) {}", "1:44: argument b: index 1 is taken"},
		{"too many buffers", "kernel void k(" + strings.Repeat("device int*, ", 31) + "device int* last) {}", "argument last: a kernel has at most 31 buffers"},
		{"index name", "kernel void k(device int* a [[buffer(N)]]) {}", "needs a number"},
		{"unknown attribute", "kernel void k(uint a [[thread_position]]) {}", "1:22: attribute [[thread_position]] is not supported on a kernel argument; did you mean [[thread_position_in_grid]]?"},
		{"strange attribute", "kernel void k(uint a [[vertex_id]]) {}", "attribute [[vertex_id]] is not supported on a kernel argument; docs/metal-subset.md lists those that are"},
		{"misspelt position", "kernel void k(uint a [[threadgroup_pos_in_grid]]) {}", "1:22: attribute [[threadgroup_pos_in_grid]] is not supported on a kernel argument; did you mean [[threadgroup_position_in_grid]]?"},
		{"misspelt buffer", "kernel void k(device int *a [[bufer(0)]]) {}", "did you mean [[buffer(n)]]?"},
		{"range of a descending initializer", "kernel void k() { int x[9] = {[5 ... 2] = 1}; }", "1:31: range of an initializer: its ends are not in order: write its elements out"},
		{"long range of an initializer", "kernel void k() { int x[9000] = {[0 ... 8191] = 1}; }", "range of an initializer: it has more than 4097 elements: write its elements out"},
		{"kernel twice", "kernel void k() {}\nkernel void k() {}", "kernel k is also defined in line 1"},
		{"unclosed if", "#if 1\n", "1:1: #if is not closed"},
		{"error directive", "#ifndef X\n#error define X\n#endif", "2:1: #error define X"},
		{"macro bomb", bomb(), "macros expand to more than"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			u, err := Parse("a.metal", c.src, nil)
			if err == nil {
				err = u.Check(&u.Kernels[len(u.Kernels)-1], nil)
			}
			var e *Error
			if !errors.As(err, &e) {
				t.Fatalf("error %v is no *Error", err)
			}
			if !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %q lacks %q", err, c.want)
			}
		})
	}
}

// bomb is a source whose macros double 40 times.
func bomb() string {
	var b strings.Builder
	b.WriteString("#define A0 x x\n")
	for i := 1; i < 40; i++ {
		b.WriteString("#define A" + itoa(i) + " A" + itoa(i-1) + " A" + itoa(i-1) + "\n")
	}
	b.WriteString("A39\n")
	return b.String()
}

func TestDefines(t *testing.T) {
	src := "#if WIDTH > 4 && defined(FAST)\nkernel void wide() {}\n#else\nkernel void narrow() {}\n#endif\n"
	for _, c := range []struct {
		defines map[string]string
		want    string
	}{
		{map[string]string{"WIDTH": "8", "FAST": ""}, "wide"},
		{map[string]string{"WIDTH": "(2 * 3)", "FAST": "1"}, "wide"},
		{map[string]string{"WIDTH": "8"}, "narrow"},
		{nil, "narrow"},
	} {
		u, err := Parse("a.metal", src, c.defines)
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(u.Names(), " "); got != c.want {
			t.Errorf("defines %v give %q, want %q", c.defines, got, c.want)
		}
	}
}

// TestLineDirective: parts of a text keep the places they have in files of their own.
func TestLineDirective(t *testing.T) {
	src := "struct P { uint n; };\n#line 1 \"b.metal\"\n\nkernel void k(device int *a) {}\n#line 7\nkernel void m(float x) {}\n"
	u, err := Parse("a.metal", src, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := u.Check(&u.Kernels[1], nil); err == nil || !strings.HasPrefix(err.Error(), "b.metal:7:15: ") {
		t.Errorf("error is %v, want one at b.metal:7:15", err)
	}
	if k := u.Kernels[0]; k.File != "b.metal" || k.Line != 2 {
		t.Errorf("kernel is at %s:%d, want b.metal:2", k.File, k.Line)
	}
	text, err := u.CUDA(Options{})
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(text, "#line 2 \"b.metal\"\n") {
		t.Error("rendering does not name b.metal")
	}
}

// TestUnrollCount: the count of an unrolled loop is an expression, macros included.
func TestUnrollCount(t *testing.T) {
	src := "#define LESS(a, b) ((a) < (b) ? (a) : (b))\ntemplate <int N> void f(device int *x) {\n#pragma unroll (LESS(N / 2, 4))\n  for (int i = 0; i < N; i++) x[i] = i;\n" +
		"#pragma unroll 3\n  for (int i = 0; i < N; i++) x[i] = i;\n}\nkernel void k(device int *x) { f<8>(x); }\n"
	u, err := Parse("a.metal", src, nil)
	if err != nil {
		t.Fatal(err)
	}
	text, err := u.CUDA(Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"#pragma unroll (((N / 2) < (4) ? (N / 2) : (4)))\n", "#pragma unroll 3\n"} {
		if !strings.Contains(text, want) {
			t.Errorf("rendering lacks %q", want)
		}
	}
}

// TestManyInstantiations: MLX's binary.metal has 4,122 kernels, its copies more.
func TestManyInstantiations(t *testing.T) {
	var b strings.Builder
	b.WriteString("template <int N> [[kernel]] void k(device int *out [[buffer(0)]]) { out[0] = N; }\n")
	const many = 10000
	for i := range many {
		fmt.Fprintf(&b, "template [[host_name(\"k_%d\")]] [[kernel]] decltype(k<%d>) k<%d>;\n", i, i, i)
	}
	u, err := Parse("many.metal", b.String(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(u.Kernels) != many {
		t.Errorf("%d kernels, want %d", len(u.Kernels), many)
	}
}
