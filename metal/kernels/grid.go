package kernels

import (
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
	rowsPerGroup   = 4  // ASSAY_ROWS: rows of W that one simdgroup multiplies with one row of x
	sumsPerGroup   = 32 // rows of W times rows of x that one simdgroup of a batched variant sums
	simdgroups     = 4  // per threadgroup that stages x for all of them
	rowThreads     = 256
	elementThreads = 256
	// Rows of x per expert from which reading each weight once for several rows
	// beats one simdgroup per row.
	batchFrom = 2
)

// batch is BATCH: the rows of x that a batched variant takes together.
func batch(f quant.Format) int { return 16 / f.DType.Size() }

func ceil(a, b int) int { return (a + b - 1) / b }

// perSimdgroup gives each simdgroup perGroup columns of n. Threadgroups are
// whole, because all of their threads stage x and meet at barriers.
func perSimdgroup(n, perGroup, y, z int) launch {
	groups := ceil(ceil(n, perGroup), simdgroups)
	return launch{
		Grid:        metal.Size{X: groups * simdgroups * simdWidth, Y: y, Z: z},
		Threadgroup: metal.Size{X: simdgroups * simdWidth, Y: 1, Z: 1},
	}
}

func gridQuantizedMatmul(_ metal.Kind, f quant.Format, p MatmulParams) launch {
	if p.M < batchFrom {
		return perSimdgroup(int(p.N), rowsPerGroup, int(p.M), 1)
	}
	l := perSimdgroup(int(p.N), sumsPerGroup/batch(f), ceil(int(p.M), batch(f)), 1)
	l.Op = "quantized_matmul_tiled"
	return l
}

func gridGatherQMM(_ metal.Kind, f quant.Format, p GatherParams) launch {
	if !grouped(p) {
		return perSimdgroup(int(p.N), rowsPerGroup, int(p.Pairs), int(p.M))
	}
	l := perSimdgroup(int(p.N), sumsPerGroup/batch(f), int(p.Experts), 1)
	l.Op = "gather_qmm_grouped"
	return l
}

func gridGatherQMMSwiglu(_ metal.Kind, f quant.Format, p GatherParams) launch {
	if !grouped(p) {
		return perSimdgroup(int(p.N), rowsPerGroup, int(p.Pairs), int(p.M))
	}
	l := perSimdgroup(int(p.N), sumsPerGroup/batch(f)/2, int(p.Experts), 1) // gate and up share the sums
	l.Op = "gather_qmm_swiglu_grouped"
	return l
}

func grouped(p GatherParams) bool {
	return uint64(p.Pairs)*uint64(p.M) >= batchFrom*uint64(p.Experts)
}

// gridGatherQMMCombine: threadgroups along x are tokens, along y some columns
// each; a threadgroup's simdgroups take one expert each.
func gridGatherQMMCombine(_ metal.Kind, p CombineParams) launch {
	threads := simdWidth * min(int(p.TopK), 8)
	return launch{
		Grid:        metal.Size{X: threads * int(p.M), Y: ceil(int(p.D), rowsPerGroup), Z: 1},
		Threadgroup: metal.Size{X: threads, Y: 1, Z: 1},
	}
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

// gridRows: one threadgroup per row, for softmax, rms_norm and argmax.
func gridRows(_ metal.Kind, p RowParams) launch { return perRow(int(p.M)) }

func perRow(rows int) launch {
	return launch{Grid: metal.Size{X: rowThreads, Y: rows, Z: 1}, Threadgroup: metal.Size{X: rowThreads, Y: 1, Z: 1}}
}

// gridRope: one thread per rotated pair.
func gridRope(_ metal.Kind, p RopeParams) launch { return perElement(int(p.D/2), int(p.L), int(p.H)) }

// gridSDPA: one threadgroup per query head.
func gridSDPA(_ metal.Kind, p SDPAParams) launch { return perRow(int(p.H)) }

// gridEmbedding: one thread per element of a row.
func gridEmbedding(_ metal.Kind, p RowParams) launch { return perElement(int(p.D), int(p.M), 1) }
