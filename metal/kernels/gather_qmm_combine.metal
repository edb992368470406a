// out[M,N]: the down projection of each token's experts, weighted and summed.
// Few tokens: one kernel does it all. Prompts: _products projects the rows of
// one expert together, _sum weighs and sums. One kernel per rounding of the sum.

#ifndef ASSAY_ROWS
#define ASSAY_ROWS 8  // columns of out per threadgroup
#endif
#define MAX_SIMDGROUPS 32

// The simdgroups of a threadgroup take one expert each; then one thread per
// column adds them up in the experts' order.
template <typename Mode>
inline void gather_qmm_combine(const device T *h, PARAMETERS, const device uint *rhs, const device T *weights,
                               device T *out, constant CombineParams &p, threadgroup float *part,
                               threadgroup float *weight, threadgroup uint *shared_exponent, uint first,
                               uint m, uint tid, uint sg, uint simdgroups, uint lane) {
  const uint chunks = p.K / CHUNK;
  float total = 0;
  uint row[ASSAY_ROWS];
  rows_of<ASSAY_ROWS>(row, first, p.D);
  for (uint k0 = 0; k0 < p.TopK; k0 += simdgroups) {
    // A simdgroup without an expert of its own does the last one again, and a lane
    // without a chunk the last one with zeros: all stay together.
    const uint k = min(k0 + sg, p.TopK - 1), e = rhs[m * p.TopK + k];
    const T own = weights[m * p.TopK + k];  // on its way with the rest
    const Matrix down = matrix_of(HANDED(), min(e, p.Experts - 1), p.D, p.K);
    const device uint4 *x = (const device uint4 *)(h + (m * p.TopK + k) * p.K);
    float acc[ASSAY_ROWS] = {0};
    for (uint base = 0; base < chunks; base += SIMD) {
      const uint c = min(base + lane, chunks - 1);
      Rows<ASSAY_ROWS> rows;
      rows.load(down, row, chunks, c);
      Held part_of_x;
#pragma unroll
      for (int v = 0; v < CHUNK_VECTORS; v++) part_of_x.part[v] = base + lane < chunks ? x[c * CHUNK_VECTORS + v] : uint4(0);
      // A compiler that saves registers would put off some loads until others
      // have arrived, were there not something to wait for first that all of the
      // computation needs.
      if (tid == 0) *shared_exponent = float_exponent(tid);
      threadgroup_barrier(mem_flags::mem_threadgroup);
      const uint exponent = *shared_exponent;
      dot_chunk<1, ASSAY_ROWS>(&rows, part_of_x, acc, exponent);
    }
    const float v = sums_of<ASSAY_ROWS>(acc, lane);
    if (lane % (SIMD / ASSAY_ROWS) == 0)
      part[sg * ASSAY_ROWS + lane / (SIMD / ASSAY_ROWS)] = e < p.Experts ? v : NAN;
    if (lane == 0) weight[sg] = float(own);
    threadgroup_barrier(mem_flags::mem_threadgroup);
    if (tid < ASSAY_ROWS) {
      const uint used = min(simdgroups, p.TopK - k0);
      for (uint s = 0; s < used; s++) total = Mode::step(total, weight[s], Mode::round(part[s * ASSAY_ROWS + tid]));
    }
    threadgroup_barrier(mem_flags::mem_threadgroup);
  }
  if (tid < ASSAY_ROWS && first + tid < p.D) out[m * p.D + first + tid] = T(total);
}

// Grid: threadgroups along x are tokens, along y ASSAY_ROWS columns each, so that
// tokens which share experts run close together.
#define COMBINE(name, Mode)                                                                      \
  MOST_THREADS kernel void KERNEL(name)(                                                         \
      const device T *h [[buffer(0)]],                                                           \
      ARGUMENTS(, 1),                                                                            \
      const device uint *rhs [[buffer(1 + PLANES)]],                                             \
      const device T *weights [[buffer(2 + PLANES)]],                                            \
      device T *out [[buffer(3 + PLANES)]],                                                      \
      constant CombineParams &p [[buffer(4 + PLANES)]],                                          \
      uint3 group [[threadgroup_position_in_grid]],                                              \
      uint3 size [[threads_per_threadgroup]],                                                    \
      uint tid [[thread_index_in_threadgroup]],                                                  \
      uint sg [[simdgroup_index_in_threadgroup]],                                                \
      uint lane [[thread_index_in_simdgroup]]) {                                                 \
    threadgroup float part[MAX_SIMDGROUPS * ASSAY_ROWS], weight[MAX_SIMDGROUPS];                 \
    threadgroup uint shared_exponent;                                                            \
    gather_qmm_combine<Mode>(h, HANDED(), rhs, weights, out, p, part, weight,                    \
                             &shared_exponent, group.y * ASSAY_ROWS, group.x, tid, sg,           \
                             size.x / SIMD, lane);                                               \
  }

COMBINE(gather_qmm_combine_fp32, CombineFP32)
COMBINE(gather_qmm_combine_fp32_no_fma, CombineFP32NoFMA)
COMBINE(gather_qmm_combine_exact, CombineExact)

// products[M,TopK,D], not rounded. Grid: simdgroups along x take BATCH_ROWS rows
// of W each; y is the expert.
kernel void KERNEL(gather_qmm_combine_products)(
    const device T *h [[buffer(0)]],
    ARGUMENTS(, 1),
    const device uint *rhs [[buffer(1 + PLANES)]],
    device float *products [[buffer(2 + PLANES)]],
    constant GatherParams &p [[buffer(3 + PLANES)]],
    uint3 group [[threadgroup_position_in_grid]],
    uint3 size [[threads_per_threadgroup]],
    uint tid [[thread_index_in_threadgroup]],
    uint sg [[simdgroup_index_in_threadgroup]],
    uint lane [[thread_index_in_simdgroup]]) {
  threadgroup uint4 stage[BATCH * TILE_VECTORS];
  threadgroup uint found[FOUND], offsets[BATCH];
  threadgroup atomic_uint count;
  const uint first = (group.x * (size.x / SIMD) + sg) * BATCH_ROWS;
  if (group.x * (size.x / SIMD) * BATCH_ROWS >= p.N) return;
  Matrix matrix[1];
  matrix[0] = matrix_of(HANDED(), group.y, p.N, p.K);
  uint row[BATCH_ROWS];
  rows_of<BATCH_ROWS>(row, first, p.N);
  uint next = 0;
  while (next < p.Pairs) {
    const uint rows = find_rows(found, &count, next, rhs, p, group.y, tid, size.x);
    for (uint b = 0; b < rows; b += BATCH) {
      const uint used = min(uint(BATCH), rows - b);
      threadgroup_barrier(mem_flags::mem_threadgroup);
      if (tid < used) offsets[tid] = found[b + tid] * p.K;
      threadgroup_barrier(mem_flags::mem_threadgroup);
      float sums[32] = {0};
      dot_batch<1>(sums, matrix, row, p.K, h, offsets, used, stage, tid, size.x, lane);
      const float v = sums_of<32>(sums, lane);
      const uint n = first + lane / BATCH, i = lane % BATCH;
      if (n < p.N && i < used) products[found[b + i] * p.N + n] = v;
    }
  }
}

// Of an expert that does not exist there is no product: NaN.
template <typename Mode>
inline void sum_products(const device float *products, const device uint *rhs, const device T *weights,
                         device T *out, constant CombineParams &p, uint d, uint m) {
  if (d >= p.D || m >= p.M) return;
  float total = 0;
  for (uint k = 0; k < p.TopK; k++) {
    const uint pair = m * p.TopK + k;
    const float v = rhs[pair] < p.Experts ? products[pair * p.D + d] : NAN;
    total = Mode::step(total, float(weights[pair]), Mode::round(v));
  }
  out[m * p.D + d] = T(total);
}

// Grid: one thread per column (x) of a token (y).
#define SUM(name, Mode)                                                  \
  kernel void KERNEL(name)(                                              \
      const device float *products [[buffer(0)]],                        \
      const device uint *rhs [[buffer(1)]],                              \
      const device T *weights [[buffer(2)]],                             \
      device T *out [[buffer(3)]],                                       \
      constant CombineParams &p [[buffer(4)]],                           \
      uint3 gid [[thread_position_in_grid]]) {                           \
    sum_products<Mode>(products, rhs, weights, out, p, gid.x, gid.y);    \
  }

SUM(gather_qmm_combine_sum_fp32, CombineFP32)
SUM(gather_qmm_combine_sum_fp32_no_fma, CombineFP32NoFMA)
SUM(gather_qmm_combine_sum_exact, CombineExact)
