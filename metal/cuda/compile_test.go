package cuda

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/kernels"
	"github.com/assay-bench/assay/metal/msl"
)

// testCompiler is NVRTC where it is installed; it needs no GPU.
func testCompiler(t testing.TB) *compiler {
	t.Helper()
	c, err := openCompiler(machine(), 90)
	if err != nil {
		t.Skipf("needs NVRTC: %v", err)
	}
	return c
}

// kernelNames lists kernels of every op. thorough adds every format.
func kernelNames(thorough bool) []string {
	var names []string
	types := []string{"f32", "f16", "bf16"}
	for _, op := range []string{
		"swiglu", "topk_gating", "moe_combine_fp32", "moe_combine_fp32_no_fma", "moe_combine_exact",
		"softmax", "rms_norm", "rope", "sdpa", "add", "argmax",
	} {
		for _, t := range types {
			names = append(names, op+"_"+t)
		}
	}
	formats := []string{"bf16_b4_g64", "f16_b8_g32", "f32_b3_g128"}
	if thorough {
		formats = nil
		for _, t := range types {
			for _, b := range []int{2, 3, 4, 6, 8} {
				for _, g := range []int{32, 64, 128} {
					formats = append(formats, fmt.Sprintf("%s_b%d_g%d", t, b, g))
				}
			}
		}
	}
	for _, f := range formats {
		for _, op := range []string{
			"quantized_matmul", "gather_qmm", "gather_qmm_swiglu", "gather_qmm_combine_fp32", "progressive_swiglu", "embedding",
		} {
			if op != "progressive_swiglu" || strings.Contains(f, "_b4_") || strings.Contains(f, "_b8_") {
				names = append(names, op+"_"+f)
			}
		}
	}
	return names
}

func TestEveryKernelCompiles(t *testing.T) {
	c := testCompiler(t)
	compiled := 0
	for _, name := range kernelNames(os.Getenv("ASSAY_THOROUGH") != "") {
		src, err := kernels.SourceOf(name)
		if err != nil {
			t.Fatal(err)
		}
		unit, err := msl.Parse(src.Name, src.Text, src.Defines)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if _, ok := unit.Kernel(name); !ok {
			t.Errorf("%s has kernels %v, not %s", src.Name, unit.Names(), name)
			continue
		}
		source, options, err := render(unit, nil, c.arch)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		image, err := c.compile(t.Context(), src.Name, source, options)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if dir := os.Getenv("ASSAY_KEEP"); dir != "" {
			_ = os.WriteFile(dir+"/"+name+".cubin", image, 0o644)
			_ = os.WriteFile(dir+"/"+name+".cu", []byte(source), 0o644)
		}
		compiled++
	}
	t.Logf("%d compiled with NVRTC %s for %s", compiled, c.version, c.arch)
}

func TestCompileErrorPointsIntoTheMetalFile(t *testing.T) {
	c := testCompiler(t)
	unit, err := msl.Parse("bad.metal", "#include <metal_stdlib>\nusing namespace metal;\nkernel void bad(device float *x [[buffer(0)]]) {\n  x[0] = missing;\n}\n", nil)
	if err != nil {
		t.Fatal(err)
	}
	source, options, err := render(unit, nil, c.arch)
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.compile(t.Context(), "bad.metal", source, options)
	if err == nil || !strings.Contains(err.Error(), "bad.metal(4)") || !strings.Contains(err.Error(), "missing") {
		t.Fatalf("error %v, want it to name bad.metal(4) and missing", err)
	}
	_ = metal.ErrCompile
}
