#include <metal_stdlib>
using namespace metal;

constant bool twice [[function_constant(0)]];

// y = x · by + shift, or twice that.
kernel void scale(
    const device float *x [[buffer(0)]],
    device float *y [[buffer(1)]],
    constant float &by [[buffer(2)]],
    constant float *shift [[buffer(3)]],
    uint i [[thread_position_in_grid]]) {
  float v = x[i] * by + shift[i % 4];
  y[i] = twice ? 2 * v : v;
}

// Sums of whole threadgroups, in memory of the caller's.
kernel void sum(
    const device float *y [[buffer(0)]],
    device float *z [[buffer(1)]],
    threadgroup float *part [[threadgroup(0)]],
    uint i [[thread_position_in_grid]],
    uint t [[thread_index_in_threadgroup]],
    uint n [[threads_per_threadgroup]],
    uint g [[threadgroup_position_in_grid]]) {
  part[t] = y[i];
  threadgroup_barrier(mem_flags::mem_threadgroup);
  if (t == 0) {
    float all = 0;
    for (uint j = 0; j < n; j++) all += part[j];
    z[g] = all;
  }
}
