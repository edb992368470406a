// SLIME: y[M,N] = silu(x·Gateᵀ)·(x·Upᵀ) in up to two passes. Pass 1 uses each
// code's high two bits and bounds what the low ones could add; pass 2 adds them
// where either projection's bound exceeds Epsilon, and says so in refined[M,N].
// Grid: Threadgroup 0: one thread per element, x the column, y the row of x.
// Otherwise a threadgroup of that many threads (a power of two) per element.

#define LOW_BITS (ASSAY_BITS - 2)
#define LOW_MASK ((1u << LOW_BITS) - 1)
#define HIGH_MASK (3u << LOW_BITS)

// Σ over the threadgroup's threads, known to all of them.
inline float4 group_sum(float4 v, threadgroup float4 *part, uint threads, uint tid, uint sg, uint lane) {
  uint parts = threads;
  if (threads >= SIMD) {
    v = float4(simd_sum(v.x), simd_sum(v.y), simd_sum(v.z), simd_sum(v.w));
    parts = threads / SIMD;
    if (lane == 0) part[sg] = v;
  } else {
    part[tid] = v;
  }
  threadgroup_barrier(mem_flags::mem_threadgroup);
  float4 sum = part[0];
  for (uint i = 1; i < parts; i++) sum += part[i];
  threadgroup_barrier(mem_flags::mem_threadgroup);
  return sum;
}

// Gate and up of one chunk: Σ x·(scale·(code & mask) + bias) and the bounds
// Σ|x|·|scale|·LOW_MASK.
inline float4 partial(const thread Rows<1> &gate, const thread Rows<1> &up, const device uint4 *x, uint chunk,
                      uint mask, uint exponent, bool first) {
  float g = 0, u = 0, sum = 0, absolute = 0;
  Direct part;
  part.part = x + chunk * CHUNK_VECTORS;
#pragma unroll
  for (int b = 0; b < CHUNK / BLOCK; b++) {
    float xs[BLOCK];
    load_block(part, b, xs);
#pragma unroll
    for (int i = 0; i < BLOCK; i++) {
      g = fma(xs[i], code(gate.codes[0], b * BLOCK + i, mask, exponent), g);
      u = fma(xs[i], code(up.codes[0], b * BLOCK + i, mask, exponent), u);
      sum += xs[i];
      absolute += fabs(xs[i]);
    }
  }
  const float gate_scale = float(gate.scale[0]), up_scale = float(up.scale[0]);
  if (!first) return float4(gate_scale * g, up_scale * u, 0, 0);
  absolute *= float(LOW_MASK);
  return float4(fma(gate_scale, g, float(gate.bias[0]) * sum), fma(up_scale, u, float(up.bias[0]) * sum),
                fabs(gate_scale) * absolute, fabs(up_scale) * absolute);
}

kernel void KERNEL(progressive_swiglu)(
    const device T *x [[buffer(0)]],
    const device uint *gate_w [[buffer(1)]],
    const device T *gate_scales [[buffer(2)]],
    const device T *gate_biases [[buffer(3)]],
    const device uint *up_w [[buffer(4)]],
    const device T *up_scales [[buffer(5)]],
    const device T *up_biases [[buffer(6)]],
    device T *y [[buffer(7)]],
    device uint *refined [[buffer(8)]],
    constant SlimeParams &p [[buffer(9)]],
    uint3 gid [[thread_position_in_grid]],
    uint3 group [[threadgroup_position_in_grid]],
    uint tid [[thread_index_in_threadgroup]],
    uint sg [[simdgroup_index_in_threadgroup]],
    uint lane [[thread_index_in_simdgroup]]) {
  threadgroup float4 part[32];
  const bool shared = p.Threadgroup != 0;
  const uint threads = shared ? p.Threadgroup : 1, start = shared ? tid : 0;
  const uint n = shared ? group.x : gid.x, m = gid.y;
  if (n >= p.N || m >= p.M) return;

  Matrix matrix[2];
  matrix[0] = matrix_of(gate_w, gate_scales, gate_biases, 0, p.N, p.K);
  matrix[1] = matrix_of(up_w, up_scales, up_biases, 0, p.N, p.K);
  const device uint4 *row_x = (const device uint4 *)(x + m * p.K);
  uint row[1] = {n};
  const uint chunks = p.K / CHUNK, exponent = float_exponent(tid);

  float4 sum = 0;
  Rows<1> gate, up;
  for (uint c = start; c < chunks; c += threads) {
    gate.load(matrix[0], row, chunks, c);
    up.load(matrix[1], row, chunks, c);
    sum += partial(gate, up, row_x, c, HIGH_MASK, exponent, true);
  }
  if (shared) sum = group_sum(sum, part, threads, tid, sg, lane);

  const bool refine = p.Epsilon >= 0 && (sum.z > p.Epsilon || sum.w > p.Epsilon);
  if (refine) {
    float4 low = 0;
    for (uint c = start; c < chunks; c += threads) {
      gate.load(matrix[0], row, chunks, c);
      up.load(matrix[1], row, chunks, c);
      low += partial(gate, up, row_x, c, LOW_MASK, exponent, false);
    }
    if (shared) low = group_sum(low, part, threads, tid, sg, lane);
    sum += low;
  }
  if (start == 0) {
    y[m * p.N + n] = T(silu(sum.x) * sum.y);
    refined[m * p.N + n] = refine ? 1 : 0;
  }
}
