#include <metal_stdlib>
using namespace metal;

// y[rows, n] = x / √(mean(x²) + eps) · weight of each row. Grid: one threadgroup
// for each row. The partial sums meet in memory of the threadgroup.
kernel void rms_f32(
    const device float *x [[buffer(0)]],
    const device float *weight [[buffer(1)]],
    device float *y [[buffer(2)]],
    constant uint &n [[buffer(3)]],
    constant float &eps [[buffer(4)]],
    uint row [[threadgroup_position_in_grid]],
    uint t [[thread_index_in_threadgroup]],
    uint size [[threads_per_threadgroup]]) {
  threadgroup float part[1024];
  const device float *in = x + row * n;
  float sum = 0;
  for (uint i = t; i < n; i += size) sum += in[i] * in[i];
  part[t] = sum;
  threadgroup_barrier(mem_flags::mem_threadgroup);
  for (uint half_ = size / 2; half_ > 0; half_ /= 2) {
    if (t < half_) part[t] += part[t + half_];
    threadgroup_barrier(mem_flags::mem_threadgroup);
  }
  const float factor = 1.0f / sqrt(part[0] / n + eps);
  for (uint i = t; i < n; i += size) y[row * n + i] = in[i] * factor * weight[i];
}
