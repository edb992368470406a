package kernels

import (
	"encoding/binary"
	"math"
)

// Parameter blocks, field for field as the Metal structs of the same name.
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

// Encode renders a parameter block as the bytes a kernel sees.
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

// Bytes renders the block for metal.Arg.
func (p MatmulParams) Bytes() []byte { return Encode(p.M, p.N, p.K) }

// Bytes renders the block for metal.Arg.
func (p GatherParams) Bytes() []byte { return Encode(p.Pairs, p.M, p.N, p.K, p.Experts, p.Rows) }

// Bytes renders the block for metal.Arg.
func (p CombineParams) Bytes() []byte { return Encode(p.M, p.TopK, p.D, p.K, p.Experts) }

// Bytes renders the block for metal.Arg.
func (p GatingParams) Bytes() []byte { return Encode(p.M, p.Experts, p.TopK, p.Norm) }

// Bytes renders the block for metal.Arg.
func (p SlimeParams) Bytes() []byte { return Encode(p.M, p.N, p.K, p.Threadgroup, p.Epsilon) }

// Bytes renders the block for metal.Arg.
func (p CountParams) Bytes() []byte { return Encode(p.N) }

// Bytes renders the block for metal.Arg.
func (p RowParams) Bytes() []byte { return Encode(p.M, p.D, p.Eps) }

// Bytes renders the block for metal.Arg.
func (p RopeParams) Bytes() []byte { return Encode(p.H, p.L, p.D, p.Offset, p.Base, p.Scale) }

// Bytes renders the block for metal.Arg.
func (p SDPAParams) Bytes() []byte { return Encode(p.H, p.KV, p.L, p.D, p.KVStride, p.Scale) }
