// Package kernels holds the one source of every GPU kernel (*.metal, embedded)
// and the Go side of each kernel's signature: names, argument order, parameter
// blocks and grids. An op here turns buffers into metal.Dispatch values; which
// device runs them is not its concern: Load a Set for a device, upload what the
// op reads, call the op's method, record or submit the dispatches it returns.
// Each source is compiled for one number format and weight format at a time,
// when an op is first built for it (see shared/base.metal for the macros).
//
// Imported by plugins, the device suite and, for names and parameter blocks only, by the native twins in metal/cpu.
//
// # Naming
//
// A kernel's host name is its op, the activations' type (f32, f16, bf16) and,
// for quantized weights, bits and group size: gather_qmm_bf16_b4_g64.
// Scales and biases have the activations' type. All indices are uint32.
// Parameter blocks are little-endian 32-bit fields without padding, bound as
// `constant P&` at the last buffer index.
//
// # Signatures (buffer index: shape)
//
//	quantized_matmul_T_bB_gG        0 x[M,K]  1 w[N,K·B/32]u32  2 scales[N,K/G]  3 biases  4 y[M,N]  5 MatmulParams
//	gather_qmm_T_bB_gG              0 x[R,M,K]  1 w[E,N,K·B/32]  2 scales  3 biases  4 lhs[P]  5 rhs[P]  6 y[P,M,N]  7 GatherParams
//	gather_qmm_swiglu_T_bB_gG       0 x[R,M,K]  1-3 gate w,scales,biases  4-6 up w,scales,biases  7 lhs[P]  8 rhs[P]  9 y[P,M,N]  10 GatherParams
//	gather_qmm_combine_MODE_T_bB_gG 0 h[M,k,K]  1-3 down w,scales,biases  4 rhs[M,k]  5 weights[M,k]  6 out[M,N]  7 CombineParams (D = N)
//	gather_qmm_combine_products_T_bB_gG 0 h[M,k,K]  1-3 down  4 rhs[M,k]  5 products[M,k,N]f32  6 GatherParams (Pairs = M·k)
//	gather_qmm_combine_sum_MODE_T_bB_gG 0 products[M,k,N]f32  1 rhs[M,k]  2 weights[M,k]  3 out[M,N]  4 CombineParams
//	swiglu_T                        0 gate[n]  1 up[n]  2 y[n]  3 CountParams
//	topk_gating_T                   0 logits[M,E]  1 indices[M,k]u32  2 weights[M,k]  3 GatingParams
//	moe_combine_MODE_T              0 y[M,k,D]  1 weights[M,k]  2 out[M,D]  3 CombineParams
//	progressive_swiglu_T_bB_gG      0 x[M,K]  1-3 gate  4-6 up  7 y[M,N]  8 refined[M,N]u32 (1 where pass 2 ran)  9 SlimeParams
//	softmax_T                       0 x[M,D]  1 y[M,D]  2 RowParams
//	rms_norm_T                      0 x[M,D]  1 weight[D]  2 y[M,D]  3 RowParams
//	rope_T                          0 x[H,L,D]  1 y[H,L,D]  2 RopeParams
//	sdpa_T                          0 q[H,D]  1 k[KV,L,D]  2 v[KV,L,D]  3 out[H,D]  4 SDPAParams
//	add_T                           0 a[n]  1 b[n]  2 y[n]  3 CountParams
//	embedding_T_bB_gG               0 ids[M]u32  1-3 w,scales,biases [V,D]  4 y[M,D]  5 RowParams
//	argmax_T                        0 x[M,D]  1 index[M]u32  2 RowParams
//
// MODE is fp32, fp32_no_fma or exact. Every op accumulates in float32.
// Intermediates follow the .ref oracles: gate and up are not rounded before
// silu inside one kernel.
package kernels
