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
	// RopeParams of rope (split halves, not interleaved): H heads, L positions
	// starting at Offset, D dimensions, frequency base Base, position scale Scale.
	RopeParams struct {
		H, L, D, Offset uint32
		Base, Scale     float32
	}
	// SDPAParams of one query token over L cached positions; query head h reads
	// KV head h/(H/KV). KVStride is the allocated length (positions) of each
	// head's cache, at least L.
	SDPAParams struct {
		H, KV, L, D, KVStride uint32
		Scale                 float32
	}
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
