package kernels

import (
	"encoding/binary"
	"math"
	"unsafe"
)

// Parameter blocks, the only declaration of each: Metal's structs of the same
// names come from them (structs.go). A field is uint32 or float32; one that an
// argument's shape names is at least 1.
type (
	// MatmulParams of quantized_matmul: x[M,K] · W[N,K]ᵀ.
	MatmulParams struct{ M, N, K uint32 }
	// GatherParams of gather_qmm and gather_qmm_swiglu: Pairs index pairs, M
	// rows of x each, weights [Experts,N,K], x[Rows,M,K].
	GatherParams struct{ Pairs, M, N, K, Experts, Rows uint32 }
	// CombineParams of moe_combine (D columns; K unused) and
	// gather_qmm_combine (D = N outputs, K inputs): M tokens, TopK experts each.
	CombineParams struct{ M, TopK, D, K, Experts uint32 }
	// GatingParams of topk_gating. Norm 1 renormalises the chosen weights to sum 1.
	GatingParams struct{ M, Experts, TopK, Norm uint32 }
	// SlimeParams of progressive_swiglu. Epsilon < 0 means never refine.
	// Threadgroup is the number of threads sharing one element, 0 for one thread.
	SlimeParams struct {
		M, N, K, Threadgroup uint32
		Epsilon              float32
	}
	// CountParams of elementwise ops over N elements.
	CountParams struct{ N uint32 }
	// RowParams of ops over rows: M rows of D elements, Eps for rms_norm.
	RowParams struct {
		M, D uint32
		Eps  float32
	}
	// RopeParams of rope (split halves, not interleaved): M tokens, the first at the
	// position that is in a buffer, of H heads of D dimensions, frequency base Base,
	// position scale Scale.
	RopeParams struct {
		M, H, D     uint32
		Base, Scale float32
	}
	// RopeCacheParams of rope_cache: RopeParams of q and k, CacheParams of k and v. Norm
	// 1 normalises each head of q and k first.
	RopeCacheParams struct {
		M, H, KV, D, Stride, Norm uint32
		Base, Scale, Eps          float32
	}
	// CacheParams of cache_append: M tokens of KV heads of D dimensions, into caches
	// of Stride positions.
	CacheParams struct{ M, KV, D, Stride uint32 }
	// SDPAParams of M query tokens, the first at the position that is in a buffer;
	// query head h reads KV head h/(H/KV), whose cache has Stride positions.
	SDPAParams struct {
		M, H, KV, D, Stride uint32
		Scale               float32
	}
	// SplitParams of sdpa_split and sdpa_merge: one token, its context in Splits parts.
	SplitParams struct {
		H, KV, D, Stride, Splits uint32
		Scale                    float32
	}
	// AdvanceParams of advance.
	AdvanceParams struct{ Step, First, End uint32 }
)

// Bytes renders a parameter block for metal.Arg. Like every device here, the
// host keeps numbers with the lowest byte first.
func Bytes[P any](p P) []byte {
	out := make([]byte, unsafe.Sizeof(p))
	copy(out, unsafe.Slice((*byte)(unsafe.Pointer(&p)), len(out)))
	return out
}

// Params reads a parameter block back.
func Params[P any](block []byte) (p P) {
	copy(unsafe.Slice((*byte)(unsafe.Pointer(&p)), unsafe.Sizeof(p)), block)
	return p
}

// Encode renders a parameter block of a kernel that is not in this package.
func Encode(fields ...any) []byte {
	out := make([]byte, 0, 4*len(fields))
	for _, f := range fields {
		switch v := f.(type) {
		case uint32:
			out = binary.LittleEndian.AppendUint32(out, v)
		case float32:
			out = binary.LittleEndian.AppendUint32(out, math.Float32bits(v))
		default:
			panic("kernels: parameter blocks hold uint32 and float32 only")
		}
	}
	return out
}

// extent makes a parameter of a number; one that does not fit is in no range.
func extent(v int) uint32 {
	if v < 0 || v > math.MaxUint32 {
		return math.MaxUint32
	}
	return uint32(v)
}
