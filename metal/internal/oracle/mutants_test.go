package main

import (
	"encoding/json"
	"errors"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/assay-bench/assay/metal"
)

var mutation = flag.Bool("mutants", false, "put faults back, and expect each to be found")

// mutants are faults of the reading that the command has found, put back: a text of a
// file below metal, and what stands there instead. The kernel must be named then.
var mutants = []struct{ name, file, text, instead, kernel string }{
	// MLX's own overloads of simd_sum for bfloat call this function of float.
	{"sums of bfloat round at each step", "msl/prelude/apple.h", "ASSAY_APPLE_1(sum) ", "template <class A> inline A __metal_simd_sum(A x, int line = ASSAY_LINE_) {\n" +
		"  struct step { float operator()(float a, float b) const { return bfloat(a + b); } };\n  return A(reduce_<32>(float(x), step{}, line));\n}\n", "all_reduce_sumbfloat16"},
	{"precise functions of half make half", "msl/prelude/math.h", "ASSAY_MATH_PRECISE_\nASSAY_FLOATS_", "ASSAY_MATH_PRECISE_\nASSAY_FLOATS_\ninline half exp(half x) { return half(exp(float(x))); }", "v_Sigmoidfloat16float16"},
	{"floats that an integer does not hold are undefined", "sim/compiler.go", `, "-fno-strict-float-cast-overflow"`, ``, "v_copyfloat32int8"},
	{"half does not prefer an overload for float", "msl/floats.go", "if !needed ||", "if needed || !needed ||", "v_Log1pfloat16float16"},
	{"shift counts are not masked", "msl/prelude/shift.h", "return +a << (int(n) & int(sizeof(+a) * 8 - 1))", "return int(n) < 0 || int(n) >= int(sizeof(+a) * 8) ? decltype(+a)(0) : +a << n", "vv_LeftShiftint32"},
	{"an integer stays one beside bfloat", "msl/prelude/traits.h", "static_cast<float>(static_cast<promote_t_<A, B>>(v))", "static_cast<float>(v)", "arangebfloat16"},
	{"a template is chosen by its name alone", "msl/instantiate.go", "func (f *function) takes(given []string) bool {", "func (f *function) takes(given []string) bool {\n\tif given != nil {\n\t\treturn true\n\t}", "steel_gemm_block_outmask_float16_opmask_float16_nn_float16_float16_bm32_bn32_bk16_wm2_wn2_MN_naligned_K_naligned"},
}

// TestMutants: each fault, put back into a build of the command, is found and named.
func TestMutants(t *testing.T) {
	if !*mutation {
		t.Skip("builds the command once for each fault: -mutants does")
	}
	_, w, err := pinned.unpacked()
	if err != nil {
		t.Fatal(err)
	}
	if !w.there() {
		t.Skipf("%s is needed: make oracle SHORT=1 fetches it", pinned.file)
	}
	switch both, err := openSides(t.Context(), w); {
	case errors.Is(err, metal.ErrUnavailable):
		t.Skip("the mutants run compiled libraries:", err)
	case err != nil:
		t.Fatal(err)
	default:
		both.close()
	}
	for _, m := range mutants {
		t.Run(m.name, func(t *testing.T) {
			out := mutate(t, m.file, m.text, m.instead, m.kernel)
			if !strings.Contains(out, "\n"+m.kernel+" (") || !strings.Contains(out, "1 of 1 kernels differ") {
				t.Errorf("the fault is not found in %s:\n%s", m.kernel, out)
			}
		})
	}
}

// mutate runs the command for one kernel, built with a file that has another text.
func mutate(t *testing.T, file, text, instead, kernel string) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join("..", "..", filepath.FromSlash(file)))
	if err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(whole), text) {
		t.Fatalf("%s has no %q", file, text)
	}
	dir := t.TempDir()
	changed, overlay, command := filepath.Join(dir, "changed"), filepath.Join(dir, "overlay.json"), filepath.Join(dir, "oracle")
	replace, err := json.Marshal(map[string]any{"Replace": map[string]string{path: changed}})
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string]string{changed: strings.ReplaceAll(string(whole), text, instead), overlay: string(replace)} {
		if err := os.WriteFile(name, []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-overlay", overlay, "-o", command, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	out, err := exec.CommandContext(t.Context(), command, "-kernels", "^"+regexp.QuoteMeta(kernel)+"$").CombinedOutput()
	if err == nil {
		t.Errorf("the command finds nothing wrong")
	}
	return string(out)
}
