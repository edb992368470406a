// y[M,N] = x[M,K] · Wᵀ. One row of x at a time, or BATCH rows (_tiled).

#ifndef ASSAY_ROWS
#define ASSAY_ROWS 4  // rows of W per simdgroup
#endif

// Grid: simdgroups along x take ASSAY_ROWS rows of W each; y is the row of x.
kernel void KERNEL(quantized_matmul)(
    const device T *x [[buffer(0)]],
    ARGUMENTS(, 1),
    device T *y [[buffer(1 + PLANES)]],
    constant MatmulParams &p [[buffer(2 + PLANES)]],
    uint3 group [[threadgroup_position_in_grid]],
    uint3 size [[threads_per_threadgroup]],
    uint tid [[thread_index_in_threadgroup]],
    uint sg [[simdgroup_index_in_threadgroup]],
    uint lane [[thread_index_in_simdgroup]]) {
  threadgroup uint4 stage[STAGE_VECTORS];
  const uint first = (group.x * (size.x / SIMD) + sg) * ASSAY_ROWS, m = group.y;
  Matrix matrix[1];
  matrix[0] = matrix_of(HANDED(), 0, p.N, p.K);
  uint row[ASSAY_ROWS];
  rows_of<ASSAY_ROWS>(row, first, p.N);
  float acc[ASSAY_ROWS] = {0};
  dot_rows<1, ASSAY_ROWS>(acc, matrix, row, p.K, x + m * p.K, stage, tid, size.x, lane);
  const float v = sums_of<ASSAY_ROWS>(acc, lane);
  const uint n = first + lane / (SIMD / ASSAY_ROWS);
  if (lane % (SIMD / ASSAY_ROWS) == 0 && n < p.N) y[m * p.N + n] = T(v);
}

// Grid: simdgroups along x take BATCH_ROWS rows of W each; y is a batch of rows of x.
kernel void KERNEL(quantized_matmul_tiled)(
    const device T *x [[buffer(0)]],
    ARGUMENTS(, 1),
    device T *y [[buffer(1 + PLANES)]],
    constant MatmulParams &p [[buffer(2 + PLANES)]],
    uint3 group [[threadgroup_position_in_grid]],
    uint3 size [[threads_per_threadgroup]],
    uint tid [[thread_index_in_threadgroup]],
    uint sg [[simdgroup_index_in_threadgroup]],
    uint lane [[thread_index_in_simdgroup]]) {
  threadgroup uint4 stage[BATCH * TILE_VECTORS];
  threadgroup uint offsets[BATCH];
  const uint first = (group.x * (size.x / SIMD) + sg) * BATCH_ROWS, m = group.y * BATCH;
  if (group.x * (size.x / SIMD) * BATCH_ROWS >= p.N || m >= p.M) return;
  if (tid < BATCH) offsets[tid] = (m + tid) * p.K;
  threadgroup_barrier(mem_flags::mem_threadgroup);
  Matrix matrix[1];
  matrix[0] = matrix_of(HANDED(), 0, p.N, p.K);
  uint row[BATCH_ROWS];
  rows_of<BATCH_ROWS>(row, first, p.N);
  float sums[32] = {0};
  const uint count = min(uint(BATCH), p.M - m);
  dot_batch<1>(sums, matrix, row, p.K, x, offsets, count, stage, tid, size.x, lane);
  const float v = sums_of<32>(sums, lane);
  const uint n = first + lane / BATCH, i = lane % BATCH;
  if (n < p.N && i < count) y[(m + i) * p.N + n] = T(v);
}
