// y[M,D] = softmax of each row of x, in float32. Grid: one threadgroup of whole
// simdgroups per row (y).
kernel void KERNEL(softmax)(
    const device T *x [[buffer(0)]],
    device T *y [[buffer(1)]],
    constant RowParams &p [[buffer(2)]],
    uint3 group [[threadgroup_position_in_grid]],
    uint3 size [[threads_per_threadgroup]],
    uint tid [[thread_index_in_threadgroup]],
    uint sg [[simdgroup_index_in_threadgroup]],
    uint lane [[thread_index_in_simdgroup]]) {
  threadgroup float part[32];
  const device T *row = x + group.y * p.D;
  const uint simdgroups = size.x / 32;

  float top = -INFINITY;
  for (uint d = tid; d < p.D; d += size.x) top = max(top, float(row[d]));
  top = simd_max(top);
  if (lane == 0) part[sg] = top;
  threadgroup_barrier(mem_flags::mem_threadgroup);
  top = simd_max(lane < simdgroups ? part[lane] : -INFINITY);
  threadgroup_barrier(mem_flags::mem_threadgroup);

  float sum = 0;
  for (uint d = tid; d < p.D; d += size.x) sum += exp(float(row[d]) - top);
  sum = simd_sum(sum);
  if (lane == 0) part[sg] = sum;
  threadgroup_barrier(mem_flags::mem_threadgroup);
  sum = simd_sum(lane < simdgroups ? part[lane] : 0.0f);

  for (uint d = tid; d < p.D; d += size.x) y[group.y * p.D + d] = T(exp(float(row[d]) - top) / sum);
}
