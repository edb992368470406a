// y[P,M,N]: for each index pair, x[lhs] · W[rhs]ᵀ. One row of x at a time, or
// the rows of one expert together (_grouped).

#ifndef ASSAY_ROWS
#define ASSAY_ROWS 4  // rows of W per simdgroup
#endif

// Grid: simdgroups along x take ASSAY_ROWS rows of W each; y is the index pair,
// z the row of x.
MOST_THREADS kernel void KERNEL(gather_qmm)(
    const device T *x [[buffer(0)]],
    ARGUMENTS(, 1),
    const device uint *lhs [[buffer(1 + PLANES)]],
    const device uint *rhs [[buffer(2 + PLANES)]],
    device T *y [[buffer(3 + PLANES)]],
    constant GatherParams &p [[buffer(4 + PLANES)]],
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
  Matrix matrix[1];
  matrix[0] = matrix_of(HANDED(), e, p.N, p.K);
  uint row[ASSAY_ROWS];
  rows_of<ASSAY_ROWS>(row, first, p.N);
  float acc[ASSAY_ROWS] = {0};
  dot_rows<1, ASSAY_ROWS>(acc, matrix, row, p.K, x + (from * p.M + m) * p.K, stage, tid, size.x, lane);
  const float v = sums_of<ASSAY_ROWS>(acc, lane);
  const uint n = first + lane / (SIMD / ASSAY_ROWS);
  if (lane % (SIMD / ASSAY_ROWS) == 0 && n < p.N) out[n] = T(v);
}

// Grid: simdgroups along x take BATCH_ROWS rows of W each; y is the expert.
kernel void KERNEL(gather_qmm_grouped)(
    const device T *x [[buffer(0)]],
    ARGUMENTS(, 1),
    const device uint *lhs [[buffer(1 + PLANES)]],
    const device uint *rhs [[buffer(2 + PLANES)]],
    device T *y [[buffer(3 + PLANES)]],
    constant GatherParams &p [[buffer(4 + PLANES)]],
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
  while (next < p.Pairs * p.M) {
    const uint rows = find_rows(found, &count, next, rhs, p, group.y, tid, size.x);
    for (uint b = 0; b < rows; b += BATCH) {
      const uint used = min(uint(BATCH), rows - b);
      threadgroup_barrier(mem_flags::mem_threadgroup);
      if (tid < used) offsets[tid] = (min(lhs[found[b + tid] / p.M], p.Rows - 1) * p.M + found[b + tid] % p.M) * p.K;
      threadgroup_barrier(mem_flags::mem_threadgroup);
      float sums[32] = {0};
      dot_batch<1>(sums, matrix, row, p.K, x, offsets, used, stage, tid, size.x, lane);
      const float v = sums_of<32>(sums, lane);
      const uint n = first + lane / BATCH, i = lane % BATCH;
      if (n < p.N && i < used) y[found[b + i] * p.N + n] = T(v);
    }
  }
}
