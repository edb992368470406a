// Every position attribute, as scalars, vectors and 16-bit values, on a grid
// whose last threadgroups are partial.
#include <metal_stdlib>
using namespace metal;

struct Where {
  uint grid, group, local, index, lane, simd, simds, width;
  uint threads_x, threads_y, groups_x, groups_y, grid_x, grid_y, full_x, pad;
};

kernel void positions(device Where *out [[buffer(0)]],
                      uint3 tid [[thread_position_in_grid]],
                      uint3 grid [[threads_per_grid]],
                      ushort3 tgid [[threadgroup_position_in_grid]],
                      uint2 groups [[threadgroups_per_grid]],
                      ushort2 local [[thread_position_in_threadgroup]],
                      uint3 threads [[threads_per_threadgroup]],
                      uint2 full [[dispatch_threads_per_threadgroup]],
                      uint index [[thread_index_in_threadgroup]],
                      ushort lane [[thread_index_in_simdgroup]],
                      uint simd [[simdgroup_index_in_threadgroup]],
                      uint simds [[simdgroups_per_threadgroup]],
                      ushort width [[threads_per_simdgroup]]) {
  const uint n = (tid.z * grid.y + tid.y) * grid.x + tid.x;
  device Where &w = out[n];
  w.grid = n;
  w.group = tgid.x | tgid.y << 8 | tgid.z << 16;
  w.local = local.x | local.y << 8;
  w.index = index;
  w.lane = lane;
  w.simd = simd;
  w.simds = simds;
  w.width = width;
  w.threads_x = threads.x;
  w.threads_y = threads.y;
  w.groups_x = groups.x;
  w.groups_y = groups.y;
  w.grid_x = grid.x;
  w.grid_y = grid.y;
  w.full_x = full.x;
  w.pad = 0;
}
