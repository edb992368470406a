// Two threadgroup arguments whose sizes come with the dispatch.
#include <metal_stdlib>
using namespace metal;

kernel void block_sums(device const float *x [[buffer(0)]], device float *sums [[buffer(1)]], device uint *counts [[buffer(2)]],
                       threadgroup float *partial [[threadgroup(0)]], threadgroup uint *seen [[threadgroup(1)]],
                       ushort i [[thread_index_in_threadgroup]], ushort n [[threads_per_threadgroup]],
                       uint group [[threadgroup_position_in_grid]], uint gid [[thread_position_in_grid]]) {
  partial[i] = x[gid];
  seen[i] = x[gid] > 0.0f ? 1u : 0u;
  threadgroup_barrier(mem_flags::mem_threadgroup);
  for (ushort stride = n / 2; stride > 0; stride /= 2) {
    if (i < stride) {
      partial[i] += partial[i + stride];
      seen[i] += seen[i + stride];
    }
    threadgroup_barrier(mem_flags::mem_threadgroup);
  }
  if (i == 0) {
    sums[group] = partial[0];
    counts[group] = seen[0];
  }
}
