package kernels

import (
	"strconv"
	"strings"

	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/quant"
)

// launch is how an op is spread over threads. The cpu device ignores it.
type launch struct {
	Grid, Threadgroup metal.Size
	Memory            []int  // bytes of each threadgroup argument
	Op                string // a variant of the op with the same arguments, such as gather_qmm_grouped; empty for the op itself
}

// The numbers the sources are written for.
const (
	simdWidth      = 32 // of a simdgroup on Apple GPUs and of a warp on NVIDIA's
	sumsPerGroup   = 32 // rows of W times rows of x that one simdgroup of a batched variant sums
	elementThreads = 256
)

// tile is how a matrix kernel divides work: rows of W per simdgroup (for
// gather_qmm_combine per threadgroup), simdgroups per threadgroup and, where that
// helps, for how many threads of one threadgroup the compiler leaves registers.
type tile struct{ rows, simdgroups, threads int }

// tileOf is the tile of an op on a kind of device. Those of cuda are for an
// H200 at Qwen3's decode shape (BenchmarkTiles of package cuda); those of apple
// are not measured.
func tileOf(_ metal.Kind, op string) tile {
	switch {
	case strings.HasPrefix(op, "gather_qmm_combine"):
		return tile{rows: 8, simdgroups: 8, threads: 512}
	case strings.HasPrefix(op, "gather_qmm_swiglu"):
		return tile{rows: 2, simdgroups: 12}
	}
	return tile{rows: 4, simdgroups: 4}
}

// tuning renders an op's tile as macros of its source.
func tuning(kind metal.Kind, op string) map[string]string {
	t := tileOf(kind, op)
	macros := map[string]string{"ASSAY_ROWS": strconv.Itoa(t.rows)}
	if t.threads > 0 {
		macros["ASSAY_THREADS"] = strconv.Itoa(t.threads)
	}
	return macros
}

// batch is BATCH: the rows of x that a batched variant takes together.
func batch(f quant.Format) int { return 16 / f.DType.Size() }

func ceil(a, b int) int { return (a + b - 1) / b }

// perSimdgroup gives each simdgroup perGroup columns of n. Threadgroups are
// whole, because all of their threads stage x and meet at barriers.
func perSimdgroup(n, perGroup, simdgroups, y, z int) launch {
	groups := ceil(ceil(n, perGroup), simdgroups)
	return launch{
		Grid:        metal.Size{X: groups * simdgroups * simdWidth, Y: y, Z: z},
		Threadgroup: metal.Size{X: simdgroups * simdWidth, Y: 1, Z: 1},
	}
}

// batchSimdgroups of a threadgroup share the staged rows of a batch.
const batchSimdgroups = 4

// gridQuantizedMatmul: row by row for a single row of x, else in batches.
func gridQuantizedMatmul(kind metal.Kind, f quant.Format, p MatmulParams) launch {
	if p.M == 1 || kind == metal.CPU {
		t := tileOf(kind, "quantized_matmul")
		return perSimdgroup(int(p.N), t.rows, t.simdgroups, int(p.M), 1)
	}
	l := perSimdgroup(int(p.N), sumsPerGroup/batch(f), batchSimdgroups, ceil(int(p.M), batch(f)), 1)
	l.Op = "quantized_matmul_tiled"
	return l
}

// gridGatherQMM: pair by pair, or expert by expert.
func gridGatherQMM(kind metal.Kind, f quant.Format, p GatherParams) launch {
	if !grouped(kind, p) {
		t := tileOf(kind, "gather_qmm")
		return perSimdgroup(int(p.N), t.rows, t.simdgroups, int(p.Pairs), int(p.M))
	}
	l := perSimdgroup(int(p.N), sumsPerGroup/batch(f), batchSimdgroups, int(p.Experts), 1)
	l.Op = "gather_qmm_grouped"
	return l
}

// gridGatherQMMSwiglu: as gridGatherQMM; gate and up share a batch's sums.
func gridGatherQMMSwiglu(kind metal.Kind, f quant.Format, p GatherParams) launch {
	if !grouped(kind, p) {
		t := tileOf(kind, "gather_qmm_swiglu")
		return perSimdgroup(int(p.N), t.rows, t.simdgroups, int(p.Pairs), int(p.M))
	}
	l := perSimdgroup(int(p.N), sumsPerGroup/batch(f)/2, batchSimdgroups, int(p.Experts), 1)
	l.Op = "gather_qmm_swiglu_grouped"
	return l
}

// grouped reports whether reading each weight once for all rows of its expert
// beats one simdgroup per row: when there are more rows than experts.
func grouped(kind metal.Kind, p GatherParams) bool {
	return kind != metal.CPU && uint64(p.Pairs)*uint64(p.M) > uint64(p.Experts)
}

// gridGatherQMMCombine: threadgroups along x are tokens, along y some columns
// each; a threadgroup's simdgroups take one expert each.
func gridGatherQMMCombine(kind metal.Kind, p CombineParams) launch {
	t := tileOf(kind, "gather_qmm_combine")
	threads := simdWidth * min(int(p.TopK), t.simdgroups)
	return launch{
		Grid:        metal.Size{X: threads * int(p.M), Y: ceil(int(p.D), t.rows), Z: 1},
		Threadgroup: metal.Size{X: threads, Y: 1, Z: 1},
	}
}

// gridProducts: expert by expert.
func gridProducts(f quant.Format, p GatherParams) launch {
	return perSimdgroup(int(p.N), sumsPerGroup/batch(f), batchSimdgroups, int(p.Experts), 1)
}

// gridElementwise: one thread per element.
func gridElementwise(_ metal.Kind, p CountParams) launch { return perElement(int(p.N), 1, 1) }

func perElement(x, y, z int) launch {
	return launch{
		Grid:        metal.Size{X: x, Y: y, Z: z},
		Threadgroup: metal.Size{X: min(elementThreads, ceil(x, simdWidth)*simdWidth), Y: 1, Z: 1},
	}
}

// gridTopKGating: one simdgroup per token.
func gridTopKGating(_ metal.Kind, p GatingParams) launch {
	return launch{Grid: metal.Size{X: simdWidth, Y: int(p.M), Z: 1}, Threadgroup: metal.Size{X: simdWidth, Y: 1, Z: 1}}
}

// gridMoECombine: one thread per column of a token.
func gridMoECombine(_ metal.Kind, p CombineParams) launch { return perElement(int(p.D), int(p.M), 1) }

// gridProgressiveSwiglu: one thread per element, or Threadgroup threads sharing it.
func gridProgressiveSwiglu(_ metal.Kind, p SlimeParams) launch {
	if p.Threadgroup == 0 {
		return perElement(int(p.N), int(p.M), 1)
	}
	t := int(p.Threadgroup)
	return launch{Grid: metal.Size{X: t * int(p.N), Y: int(p.M), Z: 1}, Threadgroup: metal.Size{X: t, Y: 1, Z: 1}}
}

// gridRows: one threadgroup per row, for softmax, rms_norm and argmax: enough
// threads to have a few elements each.
func gridRows(_ metal.Kind, p RowParams) launch {
	threads := simdWidth
	for threads < 1024 && 4*threads < int(p.D) {
		threads *= 2
	}
	return perRow(int(p.M), threads)
}

func perRow(rows, threads int) launch {
	return launch{Grid: metal.Size{X: threads, Y: rows, Z: 1}, Threadgroup: metal.Size{X: threads, Y: 1, Z: 1}}
}

// gridRope: one thread per rotated pair.
func gridRope(_ metal.Kind, p RopeParams) launch { return perElement(int(p.D/2), int(p.L), int(p.H)) }

// gridSDPA: one threadgroup per query head.
func gridSDPA(_ metal.Kind, p SDPAParams) launch { return perRow(int(p.H), 256) }

// gridEmbedding: one thread per element of a row.
func gridEmbedding(_ metal.Kind, p RowParams) launch { return perElement(int(p.D), int(p.M), 1) }
