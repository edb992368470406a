// y[P,M,N] = silu(x[lhs] · Gate[rhs]ᵀ) · (x[lhs] · Up[rhs]ᵀ), gate and up kept in
// float32: x is read once and no intermediate is written.

#ifndef ASSAY_ROWS
#define ASSAY_ROWS 2  // rows of gate and of up per simdgroup
#endif

// Grid: simdgroups along x take ASSAY_ROWS columns of y each; y is the index
// pair, z the row of x.
MOST_THREADS kernel void KERNEL(gather_qmm_swiglu)(
    const device T *x [[buffer(0)]],
    ARGUMENTS(gate_, 1),
    ARGUMENTS(up_, 1 + PLANES),
    const device uint *lhs [[buffer(1 + 2 * PLANES)]],
    const device uint *rhs [[buffer(2 + 2 * PLANES)]],
    device T *y [[buffer(3 + 2 * PLANES)]],
    constant GatherParams &p [[buffer(4 + 2 * PLANES)]],
    uint3 group [[threadgroup_position_in_grid]],
    uint3 size [[threads_per_threadgroup]],
    uint tid [[thread_index_in_threadgroup]],
    uint sg [[simdgroup_index_in_threadgroup]],
    uint lane [[thread_index_in_simdgroup]]) {
  threadgroup uint4 stage[STAGE_VECTORS];
  const uint first = (group.x * (size.x / SIMD) + sg) * ASSAY_ROWS, pair = group.y, m = group.z;
  const uint from = lhs[pair], e = rhs[pair];
  device T *out = y + (pair * p.M + m) * p.N;
  if (no_such_index(from, e, p)) {
    if (lane < ASSAY_ROWS && first + lane < p.N) out[first + lane] = T(NAN);
    return;
  }
  Matrix matrix[2];
  matrix[0] = matrix_of(HANDED(gate_), e, p.N, p.K);
  matrix[1] = matrix_of(HANDED(up_), e, p.N, p.K);
  uint row[ASSAY_ROWS];
  rows_of<ASSAY_ROWS>(row, first, p.N);
  float acc[2 * ASSAY_ROWS] = {0};
  dot_rows<2, ASSAY_ROWS>(acc, matrix, row, p.K, x + (from * p.M + m) * p.K, stage, tid, size.x, lane);
  // Lanes 0-15 hold the gates, lanes 16-31 the ups of the same columns.
  const float v = sums_of<2 * ASSAY_ROWS>(acc, lane), u = simd_shuffle_xor(v, ushort(16));
  const uint n = first + lane / (SIMD / 2 / ASSAY_ROWS);
  if (lane < SIMD / 2 && lane % (SIMD / 2 / ASSAY_ROWS) == 0 && n < p.N) out[n] = T(silu(v) * u);
}

// Grid: simdgroups along x take BATCH_ROWS/2 columns of y each; y is the expert.
kernel void KERNEL(gather_qmm_swiglu_grouped)(
    const device T *x [[buffer(0)]],
    ARGUMENTS(gate_, 1),
    ARGUMENTS(up_, 1 + PLANES),
    const device uint *lhs [[buffer(1 + 2 * PLANES)]],
    const device uint *rhs [[buffer(2 + 2 * PLANES)]],
    device T *y [[buffer(3 + 2 * PLANES)]],
    constant GatherParams &p [[buffer(4 + 2 * PLANES)]],
    uint3 group [[threadgroup_position_in_grid]],
    uint3 size [[threads_per_threadgroup]],
    uint tid [[thread_index_in_threadgroup]],
    uint sg [[simdgroup_index_in_threadgroup]],
    uint lane [[thread_index_in_simdgroup]]) {
  threadgroup uint4 stage[BATCH * TILE_VECTORS];
  threadgroup uint found[FOUND], offsets[BATCH];
  threadgroup atomic_uint count;
  const uint first = (group.x * (size.x / SIMD) + sg) * (BATCH_ROWS / 2);
  if (group.x * (size.x / SIMD) * (BATCH_ROWS / 2) >= p.N) return;
  Matrix matrix[2];
  matrix[0] = matrix_of(HANDED(gate_), group.y, p.N, p.K);
  matrix[1] = matrix_of(HANDED(up_), group.y, p.N, p.K);
  uint row[BATCH_ROWS / 2];
  rows_of<BATCH_ROWS / 2>(row, first, p.N);
  uint next = 0;
  while (next < p.Pairs * p.M) {
    const uint rows = find_rows(found, &count, next, rhs, p, group.y, tid, size.x);
    for (uint b = 0; b < rows; b += BATCH) {
      const uint used = min(uint(BATCH), rows - b);
      threadgroup_barrier(mem_flags::mem_threadgroup);
      if (tid < used) offsets[tid] = (min(lhs[found[b + tid] / p.M], p.Rows - 1) * p.M + found[b + tid] % p.M) * p.K;
      threadgroup_barrier(mem_flags::mem_threadgroup);
      float sums[32] = {0};
      dot_batch<2>(sums, matrix, row, p.K, x, offsets, used, stage, tid, size.x, lane);
      // Lanes 0-15 hold the gates, lanes 16-31 the ups of the same outputs.
      const float v = sums_of<32>(sums, lane);
      const float u = simd_shuffle_xor(v, ushort(16));
      const uint n = first + lane / BATCH, i = lane % BATCH;
      if (lane < 16 && n < p.N && i < used) y[found[b + i] * p.N + n] = T(silu(v) * u);
    }
  }
}
