// Device and threadgroup atomics.
#include <metal_stdlib>
#include <metal_atomic>
using namespace metal;

kernel void histogram(device const uint *x [[buffer(0)]], device atomic_uint *bins [[buffer(1)]],
                      device atomic<int> *extremes [[buffer(2)]], device atomic_float *total [[buffer(3)]],
                      device atomic_uint *words [[buffer(4)]],
                      uint tid [[thread_position_in_grid]], uint i [[thread_index_in_threadgroup]]) {
  threadgroup atomic_uint local[8];
  if (i < 8) atomic_store_explicit(&local[i], 0u, memory_order_relaxed);
  threadgroup_barrier(mem_flags::mem_threadgroup);
  const uint v = x[tid];
  atomic_fetch_add_explicit(&local[v % 8], 1, memory_order_relaxed);
  threadgroup_barrier(mem_flags::mem_threadgroup);
  if (i < 8) atomic_fetch_add_explicit(&bins[i], atomic_load_explicit(&local[i], memory_order_relaxed), memory_order_relaxed);

  const int s = int(v) - 500;
  atomic_fetch_min_explicit(&extremes[0], s, memory_order_relaxed);
  atomic_fetch_max_explicit(&extremes[1], s, memory_order_relaxed);
  atomic_fetch_sub_explicit(&extremes[2], s, memory_order_relaxed);
  atomic_fetch_add_explicit(total, float(v) * 0.25f, memory_order_relaxed);
  atomic_fetch_or_explicit(&words[0], 1u << (v % 32), memory_order_relaxed);
  atomic_fetch_and_explicit(&words[1], ~(1u << (v % 32)), memory_order_relaxed);
  atomic_fetch_xor_explicit(&words[2], v, memory_order_relaxed);
  // A compare-and-exchange loop: the largest product seen.
  uint seen = atomic_load_explicit(&words[3], memory_order_relaxed);
  while (seen < v * 3 && !atomic_compare_exchange_weak_explicit(&words[3], &seen, v * 3, memory_order_relaxed, memory_order_relaxed)) {
  }
  if (tid == 0) atomic_exchange_explicit(&words[4], 77u, memory_order_relaxed);
}
