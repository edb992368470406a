#include <metal_stdlib>
using namespace metal;

// y[n] = a[n] + b[n], one thread per element.
kernel void add_f32(
    const device float *a [[buffer(0)]],
    const device float *b [[buffer(1)]],
    device float *y [[buffer(2)]],
    constant uint &n [[buffer(3)]],
    uint i [[thread_position_in_grid]]) {
  if (i < n) y[i] = a[i] + b[i];
}
