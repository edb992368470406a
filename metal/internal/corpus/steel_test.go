package main

import (
	"fmt"
	"strings"

	"github.com/assay-bench/assay/metal/dtype"
)

// steelProducts are MLX's matrix product and candle's copy of it.
func steelProducts() []publicKernel {
	var all []publicKernel
	for _, c := range []struct {
		name                     string
		dt                       dtype.DType
		bm, bn, bk               int
		aTransposed, bTransposed bool
		m, n, k                  int
	}{
		{"nt_float16_float16_bm64_bn64_bk16_wm2_wn2", dtype.F16, 64, 64, 16, false, true, 100, 130, 72},
		{"nn_float32_float32_bm32_bn32_bk16_wm2_wn2", dtype.F32, 32, 32, 16, false, false, 64, 64, 64},
		{"tt_bfloat16_bfloat16_bm64_bn32_bk32_wm2_wn2", dtype.BF16, 64, 32, 32, true, true, 70, 65, 50},
	} {
		m, n, k := c.m, c.n, c.k
		a, b := numbers(m*k, 37, 61, 32), numbers(k*n, 53, 67, 32)
		atA, atB, lda, ldb := rowsOf(a, k), rowsOf(b, n), k, n
		if c.aTransposed {
			atA, lda = columnsOf(a, m), m
		}
		if c.bTransposed {
			atB, ldb = columnsOf(b, k), k
		}
		tilesM, tilesN := ceil(m, c.bm), ceil(n, c.bn)
		params := inline(int32(m), int32(n), int32(k), int32(lda), int32(ldb), int32(n), int32(tilesN), int32(tilesM),
			int64(m*k), int64(k*n), int64(m*n), int32(0), int32(k/c.bk), int32(1), int32(0))
		p := publicKernel{
			file: "mlx/backend/metal/kernels/steel/gemm/kernels/steel_gemm_fused.metal", name: "steel_gemm_fused_" + c.name,
			shape: fmt.Sprintf("m %d, n %d, k %d", m, n, k), within: exact,
			constants: map[int]any{10: false, 100: false, 110: false, 200: m%c.bm == 0, 201: n%c.bn == 0, 202: k%c.bk == 0, 300: false},
			groups:    size(tilesN, tilesM, 1), threadgroup: size(32, 2, 2),
			args: []argument{in(c.dt, a), in(c.dt, b), {}, out(c.dt, product(m, n, k, atA, atB)), params, {}, {}, {}},
		}
		copied := p
		copied.file = "candle-metal-kernels/src/metal_src/mlx_gemm.metal"
		copied.name = "gemm_" + strings.NewReplacer("bfloat", "bf", "float", "f", "_bm", "_", "_bn", "_", "_bk", "_", "_wm", "_", "_wn", "_").Replace(c.name)
		copied.args = append(p.args[:len(p.args):len(p.args)], make([]argument, 7)...)
		copied.args = append(copied.args, inline(int32(1), int32(1), int32(1)))
		all = append(all, p, copied)
	}
	return all
}
