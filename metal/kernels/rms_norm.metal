// y[M,D] = x/√(mean(x²)+Eps)·weight of each row, of x itself or, in add_rms_norm,
// of sum = x + residual as it is stored. Grid: one threadgroup of whole simdgroups
// per row (y).

// The factor of a row whose squares add up to `sum` over all threads.
inline float factor_of(float sum, constant RowParams &p, threadgroup float *part, uint simdgroups, uint sg, uint lane) {
  sum = simd_sum(sum);
  if (lane == 0) part[sg] = sum;
  threadgroup_barrier(mem_flags::mem_threadgroup);
  sum = simd_sum(lane < simdgroups ? part[lane] : 0.0f);
  return 1.0f / sqrt(sum / float(p.D) + p.Eps);
}

kernel void KERNEL(rms_norm)(
    const device T *x [[buffer(0)]],
    const device T *weight [[buffer(1)]],
    device T *y [[buffer(2)]],
    constant RowParams &p [[buffer(3)]],
    uint3 group [[threadgroup_position_in_grid]],
    uint3 size [[threads_per_threadgroup]],
    uint tid [[thread_index_in_threadgroup]],
    uint sg [[simdgroup_index_in_threadgroup]],
    uint lane [[thread_index_in_simdgroup]]) {
  threadgroup float part[32];
  const device T *row = x + group.y * p.D;
  float squares = 0;
  for (uint d = tid; d < p.D; d += size.x) squares = fma(float(row[d]), float(row[d]), squares);
  const float factor = factor_of(squares, p, part, size.x / 32, sg, lane);
  for (uint d = tid; d < p.D; d += size.x) y[group.y * p.D + d] = T(float(row[d]) * factor * float(weight[d]));
}

// A thread reads of `sum` only what it wrote itself, so sum may be x or residual.
kernel void KERNEL(add_rms_norm)(
    const device T *x [[buffer(0)]],
    const device T *residual [[buffer(1)]],
    const device T *weight [[buffer(2)]],
    device T *sum [[buffer(3)]],
    device T *y [[buffer(4)]],
    constant RowParams &p [[buffer(5)]],
    uint3 group [[threadgroup_position_in_grid]],
    uint3 size [[threads_per_threadgroup]],
    uint tid [[thread_index_in_threadgroup]],
    uint sg [[simdgroup_index_in_threadgroup]],
    uint lane [[thread_index_in_simdgroup]]) {
  threadgroup float part[32];
  const uint row = group.y * p.D;
  float squares = 0;
  for (uint d = tid; d < p.D; d += size.x) {
    const T v = T(float(x[row + d]) + float(residual[row + d]));
    sum[row + d] = v;
    squares = fma(float(v), float(v), squares);
  }
  const float factor = factor_of(squares, p, part, size.x / 32, sg, lane);
  for (uint d = tid; d < p.D; d += size.x) y[row + d] = T(float(sum[row + d]) * factor * float(weight[d]));
}
