// y[M,D] = x/√(mean(x²)+Eps)·weight of each row. Grid: one threadgroup of whole
// simdgroups per row (y).
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
  const uint simdgroups = size.x / 32;

  float sum = 0;
  for (uint d = tid; d < p.D; d += size.x) sum = fma(float(row[d]), float(row[d]), sum);
  sum = simd_sum(sum);
  if (lane == 0) part[sg] = sum;
  threadgroup_barrier(mem_flags::mem_threadgroup);
  sum = simd_sum(lane < simdgroups ? part[lane] : 0.0f);

  const float factor = 1.0f / sqrt(sum / float(p.D) + p.Eps);
  for (uint d = tid; d < p.D; d += size.x) y[group.y * p.D + d] = T(float(row[d]) * factor * float(weight[d]));
}
