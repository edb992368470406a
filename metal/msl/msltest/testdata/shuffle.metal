// Exchanges between the lanes of a simdgroup.
#include <metal_stdlib>
using namespace metal;

kernel void shuffle(device const uint *x [[buffer(0)]], device uint *out [[buffer(1)]], device float2 *pairs [[buffer(2)]],
                    uint tid [[thread_position_in_grid]], ushort lane [[thread_index_in_simdgroup]]) {
  const uint v = x[tid];
  device uint *o = out + tid * 9;
  o[0] = simd_shuffle(v, ushort(31 - lane));
  o[1] = simd_shuffle_xor(v, 5);
  const uint up = simd_shuffle_up(v, 3);
  o[2] = lane >= 3 ? up : 0u;
  const uint down = simd_shuffle_down(v, 4);
  o[3] = lane < 28 ? down : 0u;
  o[4] = simd_broadcast(v, 7);
  o[5] = simd_broadcast_first(v);
  o[6] = simd_shuffle_rotate_up(v, 1);
  o[7] = simd_shuffle_rotate_down(v, 2);
  o[8] = simd_shuffle_and_fill_up(v, v + 1000u, 2);
  const float2 pair = simd_shuffle_xor(float2(float(v), float(lane)), 1);
  pairs[tid] = pair;
}
