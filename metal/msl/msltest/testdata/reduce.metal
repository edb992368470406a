// Simdgroup reductions over every scalar type and over vectors.
#include <metal_stdlib>
using namespace metal;

kernel void reduce(device const int *x [[buffer(0)]], device float *floats [[buffer(1)]], device int *ints [[buffer(2)]],
                   device half *halves [[buffer(3)]],
                   uint tid [[thread_position_in_grid]], uint lane [[thread_index_in_simdgroup]]) {
  const int v = x[tid];
  const uint group = tid / 32;
  const float sum = simd_sum(float(v) * 0.5f);
  const float product = simd_product(1.0f + float(v & 1) * 0.25f);
  const float largest = simd_max(float(v));
  const float smallest = simd_min(float(v));
  const float4 both = simd_sum(float4(float(v), 1.0f, float(lane), 0.0f));
  const int isum = simd_sum(v);
  const int imax = simd_max(v);
  const int imin = simd_min(v);
  const uint all_and = simd_and(uint(v) | 0xff00u);
  const uint all_or = simd_or(uint(v) & 0xffu);
  const uint all_xor = simd_xor(uint(v));
  const half hsum = simd_sum(half(v & 7));
  if (simd_is_first()) {
    device float *f = floats + group * 8;
    f[0] = sum; f[1] = product; f[2] = largest; f[3] = smallest;
    f[4] = both.x; f[5] = both.y; f[6] = both.z; f[7] = both.w;
    device int *k = ints + group * 6;
    k[0] = isum; k[1] = imax; k[2] = imin; k[3] = as_type<int>(all_and); k[4] = as_type<int>(all_or); k[5] = as_type<int>(all_xor);
    halves[group] = hsum;
  }
}
