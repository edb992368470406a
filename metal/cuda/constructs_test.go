package cuda

import (
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

// TestTensorCores: products of two half or two bfloat matrices take tensor cores
// where the GPU has them for the type, and others do not, which would round
// their elements.
func TestTensorCores(t *testing.T) {
	c := *testCompiler(t)
	const products = 2 // in each of the kernels
	for _, arch := range []string{"compute_75", "compute_90"} {
		c.arch = arch // PTX
		bfloat := products
		if arch == "compute_75" {
			bfloat = 0
		}
		want := map[string]int{
			"products_f32": 0, "products_f16": products, "products_bf16": bfloat, "products_f32_f16": products,
			"products_f32_bf16": bfloat, "products_f16_f32": 0, "products_bf16_f16": 0,
		}
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
