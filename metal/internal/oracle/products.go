package main

// products are matrix products by simdgroup matrices, MLX's "steel" kernels.
func products() []family {
	head := `_(n|t)(n|t)_<F>_<F>_bm(\d+)_bn(\d+)_bk(\d+)_wm(\d+)_wn(\d+)`
	return []family{
		kernels("steel gemm", `steel_gemm_fused`+head, gemm),
		kernels("steel gemm split k", `steel_gemm_splitk`+head+`_MN_(t|n)aligned_K_(t|n)aligned`, gemmSplit),
		kernels("steel gemm split k", `steel_gemm_splitk_accum_<F>_<F>(_axbpy)?`, gemmSum),
		kernels("steel gemm masked", `steel_gemm_block_outmask_(\w+?)_opmask_(\w+?)`+head+`_MN_(t|n)aligned_K_(t|n)aligned`, gemmMasked),
		kernels("steel gemm gather", `steel_gather_mm`+head, gemmGather),
		kernels("steel gemm gather", `steel_gather_mm_rhs`+head, gemmSorted),
		kernels("steel gemm segmented", `steel_segmented_mm`+head, gemmSegmented),
	}
}

const gemmHeaders = "utils.h steel/gemm/gemm.h steel/gemm/kernels/steel_gemm_"

// gemmParams is MLX's GEMMParams.
type gemmParams struct {
	M, N, K, LDA, LDB, LDD, TilesN, TilesM int32
	BatchA, BatchB, BatchD                 int64
	Swizzle, Iterations, BatchDims, _      int32
}

// tiled is a product of matrices in tiles, read from the groups of head.
type tiled struct {
	transA, transB     bool
	in, out            dtype
	bm, bn, bk, wm, wn int
	m, n, k            int
	template           string // bm, bn, bk, wm, wn, transposed a, transposed b
}

// tiledOf reads the groups. Each extent is of some tiles, and a part of one unless
// aligned.
func tiledOf(g []string, alignedMN, alignedK bool) tiled {
	t := tiled{transA: g[0] == "t", transB: g[1] == "t", in: dtypes[g[2]], out: dtypes[g[3]]}
	t.bm, t.bn, t.bk, t.wm, t.wn = digits(g[4]), digits(g[5]), digits(g[6]), digits(g[7]), digits(g[8])
	t.m, t.n, t.k = t.bm, 2*t.bn, 4*t.bk
	if !alignedMN {
		t.m, t.n = t.bm+5, t.bn+11
	}
	if !alignedK {
		t.k += 7
	}
	t.template = list(g[4], g[5], g[6], g[7], g[8], t.transA, t.transB)
	return t
}

// lda and ldb are the leading extents of the operands.
func (t tiled) lda() int {
	if t.transA {
		return t.m
	}
	return t.k
}

func (t tiled) ldb() int {
	if t.transB {
		return t.k
	}
	return t.n
}

// bind binds so many operands in a row, and the result.
func (t tiled) bind(p *plan, nA, nB, nD int, result string) *plan {
	return p.random("A", t.in, nA*t.m*t.k).random("B", t.in, nB*t.k*t.n).out(result, t.out, nD*t.m*t.n)
}

func (t tiled) params() gemmParams {
	return gemmParams{
		M: int32(t.m), N: int32(t.n), K: int32(t.k), LDA: int32(t.lda()), LDB: int32(t.ldb()), LDD: int32(t.n),
		TilesN: int32(ceil(t.n, t.bn)), TilesM: int32(ceil(t.m, t.bm)),
		BatchA: int64(t.m * t.k), BatchB: int64(t.k * t.n), BatchD: int64(t.m * t.n),
		Iterations: int32(t.k / t.bk), BatchDims: 1,
	}
}

func (t tiled) launch(p *plan, batch int) *plan {
	return p.groups(size(ceil(t.n, t.bn), ceil(t.m, t.bm), batch), size(32, t.wn, t.wm))
}

// aligned sets the function constants of alignment.
func (t tiled) aligned(p *plan) *plan {
	return p.constant(200, t.m%t.bm == 0).constant(201, t.n%t.bn == 0).constant(202, t.k%t.bk == 0)
}

// gemm is unaligned where neither operand is transposed, aligned where the right one
// is, adds a third matrix where the left one is, and has a batch in two axes where both
// are.
func gemm(m []string) *plan {
	g := m[1:10]
	t := tiledOf(g, g[0] != g[1] && g[1] == "t", g[1] == "t")
	p := of(gemmHeaders+"fused.h", "gemm<%s, %s, float>", t.in.metal, t.template)
	add, batch := t.transA && !t.transB, t.transA && t.transB
	const count = 2
	t.bind(p, count, count, count, "D").random("C", t.in, count*t.m*t.n+t.bm*t.n) // rows past the last are read too
	params := t.params()
	if batch {
		params.BatchDims = 2
	}
	p.set("params", params).set("addmm_params", struct {
		LDC, FDC    int32
		Batch       int64
		Alpha, Beta float32
	}{int32(t.n), 1, int64(t.m * t.n), 1.7, -0.3})
	p.set("batch_shape", []int32{2, 1}).set("batch_strides", []int64{params.BatchA, 0, params.BatchB, 0})
	t.aligned(p).constant(10, batch).constant(100, add).constant(110, add && t.bm == 64)
	return t.launch(p, count)
}

func gemmSplit(m []string) *plan {
	const parts = 2
	t := tiledOf(m[1:10], m[10] == "t", m[11] == "t")
	p := of(gemmHeaders+"splitk.h", "gemm_splitk<%s, %s, %s, %s>", t.in.metal, t.out.metal, t.template, list(m[10] == "t", m[11] == "t"))
	t.bind(p, 1, 1, parts, "C")
	iterations := t.k / t.bk / parts
	p.set("params", []int32{
		int32(t.m), int32(t.n), int32(t.k), int32(t.lda()), int32(t.ldb()), int32(t.n), int32(ceil(t.n, t.bn)), int32(ceil(t.m, t.bm)),
		parts, int32(t.m * t.n), int32(iterations * t.bk), 0, int32(iterations),
	})
	return t.launch(p, parts)
}

func gemmSum(m []string) *plan {
	const rows, columns, parts = 7, 37, 3
	out, in := dtypes[m[1]], dtypes[m[2]]
	name := "gemm_splitk_accum"
	if m[3] != "" {
		name = "gemm_splitk_accum_axpby"
	}
	p := of(gemmHeaders+"splitk.h", "%s<%s, %s>", name, in.metal, out.metal)
	p.random("C_split", in, parts*rows*columns).out("D", out, rows*columns).random("C", out, rows*columns)
	p.set("k_partitions", int32(parts)).set("partition_stride", int32(rows*columns)).set("ldd", int32(columns))
	p.set("ldc", int32(columns)).set("fdc", int32(1)).set("alpha", float32(1.7)).set("beta", float32(-0.3))
	return p.threads(size(columns, rows, 1), size(16, 4, 1))
}

func gemmMasked(m []string) *plan {
	outMask, outName := masks(m[1])
	opMask, opName := masks(m[2])
	t := tiledOf(m[3:12], m[12] == "t", m[13] == "t")
	p := of(gemmHeaders+"masked.h", "block_masked_gemm<%s, %s, %s, %s, %s>", t.in.metal, outName, opName, t.template, list(m[12] == "t", m[13] == "t"))
	const count, blocks = 2, 256 // more blocks than any kernel has
	t.bind(p, count, count, count, "D").set("params", t.params())
	p.sometimes("out_mask", outMask, blocks).sometimes("lhs_mask", opMask, blocks).sometimes("rhs_mask", opMask, blocks)
	p.set("mask_strides", []int32{1, 2, 1, 5, 1, 3}).set("batch_shape", []int32{count}).set("batch_strides", []int64{0, 0, 7, 3, 2})
	return t.launch(p, count)
}

func gemmGather(m []string) *plan {
	t := tiledOf(m[1:10], m[2] == "t", m[1] == "t")
	p := of(gemmHeaders+"gather.h", "gather_mm<%s, %s, float>", t.in.metal, t.template)
	params := t.params()
	sizeA, sizeB := params.BatchA, params.BatchB
	params.BatchA, params.BatchB = 1, 1 // strides of the indices
	t.bind(p, 2, 2, 3, "C").set("params", params)
	p.set("lhs_indices", []uint32{1, 0, 1}).set("rhs_indices", []uint32{0, 1, 1})
	p.set("indices_shape", []int32{3}).set("lhs_strides", []int64{1}).set("rhs_strides", []int64{1})
	p.set("batch_ndim_a", int32(1)).set("batch_shape_a", []int32{2}).set("batch_strides_a", []int64{sizeA})
	p.set("batch_ndim_b", int32(1)).set("batch_shape_b", []int32{2}).set("batch_strides_b", []int64{sizeB})
	t.aligned(p).constant(10, t.bm == 64)
	return t.launch(p, 3)
}

// gemmSorted has rows that are sorted by matrix, of which the second has none.
func gemmSorted(m []string) *plan {
	const matrices = 3
	t := tiledOf(m[1:10], false, false)
	t.m = 45
	p := of(gemmHeaders+"gather.h", "gather_mm_rhs<%s, %s, float>", t.in.metal, t.template)
	t.bind(p, 1, matrices, 1, "C").set("params", t.params())
	p.set("offsets", []int32{0, 20, 20}).set("num_groups", int32(matrices))
	t.aligned(p)
	return p.groups(size(ceil(t.n, t.bn), ceil(t.m, t.bm)+matrices, 1), size(32, t.wn, t.wm))
}

func gemmSegmented(m []string) *plan {
	t := tiledOf(m[1:10], m[2] == "t", false)
	p := of(gemmHeaders+"segmented.h", "segmented_mm<%s, %s, float>", t.in.metal, t.template)
	t.bind(p, 1, 1, 3, "C").set("params", t.params())
	cut := uint32(t.bk + 3)
	p.set("segments", []uint32{0, cut, cut, cut, cut, uint32(t.k)})
	t.aligned(p).constant(199, t.transA)
	return t.launch(p, 3)
}
