#include <metal_stdlib>
using namespace metal;

// What memory gives to kernels that only move it: n vectors of 16 bytes, each
// thread every so many of them. The memory is zero, which the compiler does not
// know, so that it must read all of it and y[0] is never written.
kernel void stream(
    const device uint4 *x [[buffer(0)]],
    device uint *y [[buffer(1)]],
    constant uint &n [[buffer(2)]],
    uint3 gid [[thread_position_in_grid]],
    uint3 grid [[threads_per_grid]]) {
  uint4 any = uint4(0);
  for (uint i = gid.x; i < n; i += grid.x) any |= x[i];
  if ((any.x | any.y | any.z | any.w) != 0) y[0] = 1;
}

kernel void copy(
    const device uint4 *x [[buffer(0)]],
    device uint4 *y [[buffer(1)]],
    constant uint &n [[buffer(2)]],
    uint3 gid [[thread_position_in_grid]],
    uint3 grid [[threads_per_grid]]) {
  for (uint i = gid.x; i < n; i += grid.x) y[i] = x[i];
}
