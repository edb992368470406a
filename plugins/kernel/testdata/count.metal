#include <metal_stdlib>
using namespace metal;

struct Params {
  uint n; // elements
  float unused, also;
  ushort4 step;
};

// Counts into what is there, and leaves a hole.
kernel void count(
    device atomic_uint *total [[buffer(0)]],
    device int *seen [[buffer(1)]],
    constant Params &p [[buffer(2)]],
    uint i [[thread_position_in_grid]]) {
  if (i < p.n) atomic_fetch_add_explicit(total, p.step.y, memory_order_relaxed);
  if (i != HOLE) seen[i] = -1;
}
