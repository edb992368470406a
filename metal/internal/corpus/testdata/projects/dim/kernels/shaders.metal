#include <metal_stdlib>
using namespace metal;
kernel void picture(texture2d<float, access::read> t [[texture(0)]], device float *y, uint i [[thread_position_in_grid]]) {
  y[i] = t.read(uint2(i, 0)).x;
}
kernel void plain(device float *y, uint i [[thread_position_in_grid]]) { y[i] = 1.0f; }
