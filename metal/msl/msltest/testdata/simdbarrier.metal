// Threadgroup memory shared within simdgroups only, between simdgroup barriers.
#include <metal_stdlib>
using namespace metal;

kernel void transpose_rows(device const ushort *x, device ushort *y,
                           ushort lane [[thread_index_in_simdgroup]], ushort simd [[simdgroup_index_in_threadgroup]],
                           uint tid [[thread_position_in_grid]]) {
  threadgroup ushort rows[4][32];
  rows[simd][lane] = x[tid];
  simdgroup_barrier(mem_flags::mem_threadgroup);
  const ushort other = rows[simd][(lane * 5 + 3) % 32];
  simdgroup_barrier(mem_flags::mem_threadgroup);
  rows[simd][31 - lane] = other;
  simdgroup_barrier(mem_flags::mem_none);
  y[tid] = rows[simd][lane];
}
