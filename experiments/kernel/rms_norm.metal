#include <metal_stdlib>
using namespace metal;

// y[rows, n] = x / √(mean(x²) + eps) · weight of each row. Grid: one threadgroup
// for each row. The partial sums meet across the lanes of simdgroups.
kernel void rms_f32(
    const device float *x [[buffer(0)]],
    const device float *weight [[buffer(1)]],
    device float *y [[buffer(2)]],
    constant uint &n [[buffer(3)]],
    constant float &eps [[buffer(4)]],
    uint row [[threadgroup_position_in_grid]],
    uint t [[thread_index_in_threadgroup]],
    uint size [[threads_per_threadgroup]],
    uint sg [[simdgroup_index_in_threadgroup]],
    uint lane [[thread_index_in_simdgroup]]) {
  threadgroup float part[32];
  const device float *in = x + row * n;
  float sum = 0;
  for (uint i = t; i < n; i += size) sum += in[i] * in[i];
  sum = simd_sum(sum);
  if (lane == 0) part[sg] = sum;
  threadgroup_barrier(mem_flags::mem_threadgroup);
  sum = simd_sum(lane < size / 32 ? part[lane] : 0.0f);
  const float factor = 1.0f / sqrt(sum / n + eps);
  for (uint i = t; i < n; i += size) y[row * n + i] = in[i] * factor * weight[i];
}
