package kernels

import "github.com/assay-bench/assay/metal"

// launch is how an op is spread over threads. The cpu device ignores it.
type launch struct {
	Grid, Threadgroup metal.Size
	Memory            []int  // bytes of each threadgroup argument
	Op                string // a variant of the op with the same arguments, such as gather_qmm_grouped; empty for the op itself
}

// simdWidth is the width of a simdgroup on Apple GPUs and of a warp on NVIDIA's.
const simdWidth = 32

// onePerSimdgroup gives each of x·y·z outputs a simdgroup, four to a threadgroup.
func onePerSimdgroup(x, y, z uint32) launch {
	return launch{
		Grid:        metal.Size{X: simdWidth * int(x), Y: int(y), Z: int(z)},
		Threadgroup: metal.Size{X: 4 * simdWidth, Y: 1, Z: 1},
	}
}

func gridQuantizedMatmul(kind metal.Kind, p MatmulParams) launch {
	return onePerSimdgroup(p.N, p.M, 1)
}

func gridGatherQMM(kind metal.Kind, p GatherParams) launch {
	return onePerSimdgroup(p.N, p.M, p.Pairs)
}

func gridGatherQMMSwiglu(kind metal.Kind, p GatherParams) launch {
	return onePerSimdgroup(p.N, p.M, p.Pairs)
}

func gridGatherQMMCombine(kind metal.Kind, p CombineParams) launch {
	return onePerSimdgroup(p.D, p.M, 1)
}

// gridElementwise: one thread per element.
func gridElementwise(kind metal.Kind, p CountParams) launch {
	return launch{Grid: metal.Size{X: int(p.N), Y: 1, Z: 1}, Threadgroup: metal.Size{X: 256, Y: 1, Z: 1}}
}

// gridTopKGating: one simdgroup per token.
func gridTopKGating(kind metal.Kind, p GatingParams) launch {
	return launch{Grid: metal.Size{X: simdWidth, Y: int(p.M), Z: 1}, Threadgroup: metal.Size{X: simdWidth, Y: 1, Z: 1}}
}

// gridMoECombine: one thread per column of a token.
func gridMoECombine(kind metal.Kind, p CombineParams) launch {
	return launch{Grid: metal.Size{X: int(p.D), Y: int(p.M), Z: 1}, Threadgroup: metal.Size{X: 256, Y: 1, Z: 1}}
}

// gridProgressiveSwiglu: one thread per element, or Threadgroup threads sharing it.
func gridProgressiveSwiglu(kind metal.Kind, p SlimeParams) launch {
	if p.Threadgroup == 0 {
		return launch{Grid: metal.Size{X: int(p.N), Y: int(p.M), Z: 1}, Threadgroup: metal.Size{X: 64, Y: 1, Z: 1}}
	}
	t := int(p.Threadgroup)
	return launch{Grid: metal.Size{X: t * int(p.N), Y: int(p.M), Z: 1}, Threadgroup: metal.Size{X: t, Y: 1, Z: 1}}
}

// gridRows: one threadgroup per row, for softmax, rms_norm and argmax.
func gridRows(kind metal.Kind, p RowParams) launch {
	return launch{Grid: metal.Size{X: 256, Y: int(p.M), Z: 1}, Threadgroup: metal.Size{X: 256, Y: 1, Z: 1}}
}

// gridRope: one thread per rotated pair.
func gridRope(kind metal.Kind, p RopeParams) launch {
	return launch{Grid: metal.Size{X: int(p.D / 2), Y: int(p.L), Z: int(p.H)}, Threadgroup: metal.Size{X: 64, Y: 1, Z: 1}}
}

// gridSDPA: one threadgroup per query head.
func gridSDPA(kind metal.Kind, p SDPAParams) launch {
	return launch{Grid: metal.Size{X: 256, Y: int(p.H), Z: 1}, Threadgroup: metal.Size{X: 256, Y: 1, Z: 1}}
}

// gridEmbedding: one thread per element of a row.
func gridEmbedding(kind metal.Kind, p RowParams) launch {
	return launch{Grid: metal.Size{X: int(p.D), Y: int(p.M), Z: 1}, Threadgroup: metal.Size{X: 256, Y: 1, Z: 1}}
}
