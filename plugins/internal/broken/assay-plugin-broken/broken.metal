#include <metal_stdlib>
using namespace metal;

// Writes i to y[i], unless FAULT says what goes wrong on the way.
kernel void count_up(device uint *y [[buffer(0)]], constant uint &n [[buffer(1)]],
                     uint i [[thread_position_in_grid]]) {
#if FAULT == 1  // out of bounds
  y[0x40000000u + i * 4096u] = i;
#elif FAULT == 2  // endless
  while (y[0] != 12345u) atomic_fetch_add_explicit((device atomic_uint *)y + 1, 1u, memory_order_relaxed);
#elif FAULT == 3  // divergent barrier: half wait at it for the others, which wait for what comes after it
  device atomic_uint *a = (device atomic_uint *)y;
  if (i % 64u < 32u) {
    threadgroup_barrier(mem_flags::mem_device);
    atomic_store_explicit(a, 9u, memory_order_relaxed);
  } else {
    while (atomic_load_explicit(a, memory_order_relaxed) != 9u) {
    }
    threadgroup_barrier(mem_flags::mem_device);
  }
#elif FAULT == 4  // syntax
  y[i] = ;
#endif
  if (i < n) y[i] = i;
}
