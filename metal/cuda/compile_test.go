package cuda

import (
	"errors"
	"os"
	"slices"
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

// kernelNames lists kernels of every op: some formats, or with thorough all.
func kernelNames(thorough bool) []string {
	var names []string
	for _, op := range kernels.All() {
		for _, f := range op.Formats() {
			name := op.Suffix(f)
			if !thorough && !slices.Contains([]string{"bf16", "bf16_b4_g64", "f32_b3_g128", "bf16_nvfp4", "f32_mxfp8"}, name) {
				continue
			}
			for _, k := range op.Kernels(f) {
				names = append(names, k.Name())
			}
		}
	}
	return names
}

// TestEveryKernelCompiles needs NVRTC but no GPU. With ASSAY_THOROUGH it takes
// every format and fills the compile cache for an H100 or H200; with ASSAY_KEEP
// it leaves machine code and rendered sources in that folder.
func TestEveryKernelCompiles(t *testing.T) {
	c := testCompiler(t)
	thorough, keep := os.Getenv("ASSAY_THOROUGH") != "", os.Getenv("ASSAY_KEEP")
	for _, name := range kernelNames(thorough) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			src, err := kernels.SourceOf(name)
			if err != nil {
				t.Fatal(err)
			}
			unit, err := msl.Parse(src.Name, src.Text, src.Defines)
			if err != nil {
				t.Fatal(err)
			}
			if _, ok := unit.Kernel(name); !ok {
				t.Fatalf("%s has kernels %v, not %s", src.Name, unit.Names(), name)
			}
			source, options, err := render(unit, name, nil, c.arch)
			if err != nil {
				t.Fatal(err)
			}
			image, err := c.compile(t.Context(), src.Name, source, options)
			if err != nil {
				t.Fatal(err)
			}
			if thorough {
				defaultCache().put(keyOf(source, options, "sm_90", c.version), image)
			}
			if keep != "" {
				_ = os.WriteFile(keep+"/"+name+".cubin", image, 0o644)
				_ = os.WriteFile(keep+"/"+name+".cu", []byte(source), 0o644)
			}
		})
	}
}

// Compile errors point into the Metal file and speak of its types.
func TestCompileErrors(t *testing.T) {
	c := testCompiler(t)
	for _, e := range []struct {
		file, text string
		want       []string
	}{
		{
			"bad.metal", "#include <metal_stdlib>\nusing namespace metal;\nkernel void bad(device float *x [[buffer(0)]]) {\n  x[0] = missing;\n}\n",
			[]string{"bad.metal(4)", "missing"},
		},
		{
			"arms.metal", "kernel void arms(device half *x, device float *y) { y[0] = y[1] > 0.0f ? x[0] : y[2]; }\n",
			[]string{`"half"`, "write c ? x : half(0)"},
		},
	} {
		unit, err := msl.Parse(e.file, e.text, nil)
		if err != nil {
			t.Fatal(err)
		}
		source, options, err := render(unit, unit.Kernels[0].Name, nil, c.arch)
		if err != nil {
			t.Fatal(err)
		}
		_, err = c.compile(t.Context(), e.file, source, options)
		if !errors.Is(err, metal.ErrCompile) {
			t.Fatalf("%s: error %v, want one of the compiler", e.file, err)
		}
		for _, want := range e.want {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: error %v, want %q", e.file, err, want)
			}
		}
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

func TestTidyLog(t *testing.T) {
	log := "k.metal(3): warning #177-D: unused\n      float y;\n            ^\n\nk.metal(4): error: identifier \"z\" is undefined\n    z = 1;\n    ^\n1 error detected\x00"
	want := "k.metal(4): error: identifier \"z\" is undefined\n    z = 1;\n    ^\n1 error detected"
	if got := tidyLog(log); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
