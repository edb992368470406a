package cuda

import (
	"testing"

	"github.com/assay-bench/assay/metal/msl"
	"github.com/assay-bench/assay/metal/msl/msltest"
)

// TestConstructsCompile compiles every construct of the language for a GPU that
// need not be there.
func TestConstructsCompile(t *testing.T) {
	c := testCompiler(t)
	for _, k := range msltest.Cases() {
		t.Run(k.Name, func(t *testing.T) {
			t.Parallel()
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
			if _, err := c.compile(t.Context(), k.File+".metal", source, append(unit.CUDAFlags(), "--gpu-architecture="+c.arch)); err != nil {
				t.Error(err)
			}
		})
	}
}
