package cuda

import (
	"regexp"
	"strings"
	"testing"

	"github.com/assay-bench/assay/metal/msl"
	"github.com/assay-bench/assay/metal/msl/msltest"
)

// construct compiles a case.
func construct(t *testing.T, c *compiler, k msltest.Case) string {
	t.Helper()
	text, err := msltest.Files.ReadFile("testdata/" + k.File + ".metal")
	if err != nil {
		t.Fatal(err)
	}
	unit, err := msl.Parse(k.File+".metal", string(text), k.Defines)
	if err != nil {
		t.Fatal(err)
	}
	source, err := unit.CUDA(msl.Options{Constants: k.Constants, Kernels: []string{k.Kernel}})
	if err != nil {
		t.Fatal(err)
	}
	image, err := c.compile(t.Context(), k.File+".metal", source, append(unit.CUDAFlags(), "--gpu-architecture="+c.arch))
	if err != nil {
		t.Fatal(err)
	}
	return string(image)
}

// TestConstructsCompile compiles every construct of the language for a GPU that
// need not be there.
func TestConstructsCompile(t *testing.T) {
	c := testCompiler(t)
	for _, k := range msltest.Cases() {
		t.Run(k.Name, func(t *testing.T) {
			t.Parallel()
			construct(t, c, k)
		})
	}
}

// TestTensorCores: matrices are multiplied by tensor cores where the GPU has them
// for the types: one instruction a product, two where the right operand is float.
func TestTensorCores(t *testing.T) {
	c := *testCompiler(t)
	for arch, want := range map[string]map[string]int{
		"compute_75": {"products_f32": 0, "products_f16": 2, "products_bf16": 0, "products_f32_f16": 2, "products_f32_bf16": 0, "products_f16_f32": 0, "products_bf16_f16": 0},
		"compute_90": {"products_f32": 4, "products_f16": 2, "products_bf16": 2, "products_f32_f16": 2, "products_f32_bf16": 2, "products_f16_f32": 2, "products_bf16_f16": 2},
	} {
		c.arch = arch // PTX
		seen := 0
		for _, k := range msltest.Cases() {
			n, ok := want[k.Kernel]
			if !ok {
				continue
			}
			seen++
			if got := strings.Count(construct(t, &c, k), "mma.sync"); got != n {
				t.Errorf("%s for %s has %d tensor core instructions, want %d", k.Kernel, arch, got, n)
			}
		}
		if seen != len(want) {
			t.Errorf("%d cases for %s, want %d", seen, arch, len(want))
		}
	}
}

// TestSubnormals: arithmetic of floats flushes subnormals, as Apple's does.
func TestSubnormals(t *testing.T) {
	c := *testCompiler(t)
	c.arch = "compute_90" // PTX
	arithmetic := regexp.MustCompile(`\b(add|sub|mul|fma\.rn|div\.rn)(\.ftz)?\.f32\b`)
	flushed := 0
	for _, k := range msltest.Cases() {
		if k.Kernel != "half_math" && k.Kernel != "softmax" {
			continue
		}
		for _, m := range arithmetic.FindAllStringSubmatch(construct(t, &c, k), -1) {
			if flushed++; m[2] == "" {
				t.Fatalf("%s keeps subnormals in %s", k.Kernel, m[0])
			}
		}
	}
	if flushed == 0 {
		t.Error("no arithmetic of floats found")
	}
}
