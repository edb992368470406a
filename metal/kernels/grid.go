package kernels

import (
	"strconv"

	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/quant"
)

// launch is how an op is spread over threads. The cpu device ignores it.
type launch struct {
	Grid, Threadgroup metal.Size
	Variant           string // one of the op's; empty for the op itself
}

// The numbers the sources are written for.
const (
	simdWidth      = 32 // of a simdgroup on Apple GPUs and of a warp on NVIDIA's
	sumsPerGroup   = 32 // rows of W times rows of x that one simdgroup of a batched variant sums
	elementThreads = 256
	maxThreadgroup = 1024
)

// tile is how a matrix kernel divides work: rows of W per simdgroup (for
// gather_qmm_combine per threadgroup), simdgroups per threadgroup and, where that
// helps, for how many threads of one threadgroup the compiler leaves registers.
type tile struct{ rows, simdgroups, threads int }

// tiles by source, on each kind of device. Those of cuda are for an H200 at
// Qwen3's decode shape (BenchmarkTiles of package cuda); those of apple are not
// measured.
var tiles = map[metal.Kind]map[string]tile{
	metal.CUDA: {
		"gather_qmm_combine": {rows: 8, simdgroups: 8, threads: 512},
		"gather_qmm_swiglu":  {rows: 2, simdgroups: 12},
		"":                   {rows: 4, simdgroups: 4},
	},
	metal.Apple: {
		"gather_qmm_combine": {rows: 8, simdgroups: 8, threads: 512},
		"gather_qmm_swiglu":  {rows: 2, simdgroups: 12},
		"":                   {rows: 4, simdgroups: 4},
	},
}

// tileOf is the tile of the ops of a source. The simulator has those of apple,
// which it stands for.
func tileOf(kind metal.Kind, file string) tile {
	of, ok := tiles[kind]
	if !ok {
		of = tiles[metal.Apple]
	}
	if t, ok := of[file]; ok {
		return t
	}
	return of[""]
}

// tuning renders a source's tile as macros.
func tuning(kind metal.Kind, file string) map[string]string {
	t := tileOf(kind, file)
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

// batched gives each simdgroup the sums of a batch of rows of x, with so many
// matrices.
func batched(f quant.Format, n, matrices, y int, variant string) launch {
	l := perSimdgroup(n, sumsPerGroup/batch(f)/matrices, batchSimdgroups, y, 1)
	l.Variant = variant
	return l
}

// spreadMatmul: row by row for a single row of x, else in batches.
func spreadMatmul(kind metal.Kind, f quant.Format, p MatmulParams) launch {
	if p.M == 1 || kind.Native() {
		t := tileOf(kind, "quantized_matmul")
		return perSimdgroup(int(p.N), t.rows, t.simdgroups, int(p.M), 1)
	}
	return batched(f, int(p.N), 1, ceil(int(p.M), batch(f)), "tiled")
}

// spreadGather: pair by pair, or expert by expert.
func spreadGather(file string, matrices int) func(metal.Kind, quant.Format, GatherParams) launch {
	return func(kind metal.Kind, f quant.Format, p GatherParams) launch {
		if grouped(kind, p) {
			return batched(f, int(p.N), matrices, int(p.Experts), "grouped")
		}
		t := tileOf(kind, file)
		return perSimdgroup(int(p.N), t.rows, t.simdgroups, int(p.Pairs), int(p.M))
	}
}

// grouped reports whether reading each weight once for all rows of its expert
// beats one simdgroup per row: when there are more rows than experts.
func grouped(kind metal.Kind, p GatherParams) bool {
	return !kind.Native() && uint64(p.Pairs)*uint64(p.M) > uint64(p.Experts)
}

// spreadGatherCombine: threadgroups along x are tokens, along y some columns
// each; a threadgroup's simdgroups take one expert each.
func spreadGatherCombine(kind metal.Kind, _ quant.Format, p CombineParams) launch {
	t := tileOf(kind, "gather_qmm_combine")
	threads := simdWidth * min(int(p.TopK), t.simdgroups)
	return launch{
		Grid:        metal.Size{X: threads * int(p.M), Y: ceil(int(p.D), t.rows), Z: 1},
		Threadgroup: metal.Size{X: threads, Y: 1, Z: 1},
	}
}

// spreadProducts: expert by expert.
func spreadProducts(_ metal.Kind, f quant.Format, p GatherParams) launch {
	return batched(f, int(p.N), 1, int(p.Experts), "")
}

// spreadElements: one thread per element.
func spreadElements(_ metal.Kind, _ quant.Format, p CountParams) launch {
	return perElement(int(p.N), 1, 1)
}

func perElement(x, y, z int) launch {
	return launch{
		Grid:        metal.Size{X: x, Y: y, Z: z},
		Threadgroup: metal.Size{X: min(elementThreads, ceil(x, simdWidth)*simdWidth), Y: 1, Z: 1},
	}
}

// spreadCombine: one thread per column of a token.
func spreadCombine(_ metal.Kind, _ quant.Format, p CombineParams) launch {
	return perElement(int(p.D), int(p.M), 1)
}

// spreadProgressive: one thread per element, or Threadgroup threads sharing it.
func spreadProgressive(_ metal.Kind, _ quant.Format, p SlimeParams) launch {
	if p.Threadgroup == 0 {
		return perElement(int(p.N), int(p.M), 1)
	}
	t := int(p.Threadgroup)
	return launch{Grid: metal.Size{X: t * int(p.N), Y: int(p.M), Z: 1}, Threadgroup: metal.Size{X: t, Y: 1, Z: 1}}
}

// spreadRows: one threadgroup per row, for softmax, rms_norm and argmax: enough
// threads to have a few elements each.
func spreadRows(_ metal.Kind, _ quant.Format, p RowParams) launch {
	threads := simdWidth
	for threads < maxThreadgroup && 4*threads < int(p.D) {
		threads *= 2
	}
	return perRow(int(p.M), threads)
}

func perRow(rows, threads int) launch { return perHead(rows, 1, threads) }

// perHead gives each head of each of n a threadgroup.
func perHead(heads, n, threads int) launch {
	return launch{Grid: metal.Size{X: threads, Y: heads, Z: n}, Threadgroup: metal.Size{X: threads, Y: 1, Z: 1}}
}

// splitSimdgroups of a threadgroup of sdpa_split take a query head each, and read the
// keys and values of their common KV head together.
const splitSimdgroups = 8

// Parts of the context of one token: so many that small contexts already fill a GPU,
// and not more than can be put together in no time.
const (
	splitPositions = 16
	mostSplits     = 256
)

// splitsOf is how many parts the context of a cache is cut into.
func splitsOf(positions int) int { return min(ceil(positions, splitPositions), mostSplits) }
