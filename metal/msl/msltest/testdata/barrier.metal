// Static threadgroup memory of two dimensions and a barrier: each threadgroup
// turns its tile over, several times so that barriers in a loop are met too.
#include <metal_stdlib>
using namespace metal;

constant uint TILE = 64;

kernel void reverse_tiles(device const float *x, device float *y,
                          uint i [[thread_position_in_threadgroup]],
                          uint group [[threadgroup_position_in_grid]]) {
  threadgroup float tile[2][TILE];
  tile[0][i] = x[group * TILE + i];
  threadgroup_barrier(mem_flags::mem_threadgroup);
  for (uint round = 0; round < 3; ++round) {
    tile[(round + 1) & 1][TILE - 1 - i] = tile[round & 1][i] + float(round);
    threadgroup_barrier(mem_flags::mem_threadgroup | mem_flags::mem_device);
  }
  y[group * TILE + i] = tile[1][i];
}
