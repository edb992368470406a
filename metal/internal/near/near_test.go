package near

import (
	"errors"
	"testing"

	"github.com/assay-bench/assay/metal"
)

func TestNoKernel(t *testing.T) {
	all := []string{"add_f16", "argmax_f32", "gather_qmm_f16", "gather_qmm_swiglu_f16"}
	for _, tt := range []struct {
		name string
		all  []string
		want string
	}{
		{"gather_qmm_f32", all, `k.metal: no such kernel: "gather_qmm_f32"; near names: gather_qmm_f16, argmax_f32, gather_qmm_swiglu_f16`},
		{"add", all[:2], `k.metal: no such kernel: "add"; near names: add_f16, argmax_f32`},
		{"", all[:1], `k.metal: no such kernel: ""; near names: add_f16`},
		{"add", nil, `k.metal: no such kernel: "add"; it has no kernels`},
	} {
		if err := NoKernel("k.metal", tt.name, tt.all); !errors.Is(err, metal.ErrNoKernel) || err.Error() != tt.want {
			t.Errorf("error is %v, want %s", err, tt.want)
		}
	}
}
