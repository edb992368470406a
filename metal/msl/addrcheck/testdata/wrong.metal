// Each kernel mixes up address spaces: Apple's compiler refuses all of them.
#include <metal_stdlib>
using namespace metal;

inline float sum4(thread const float *p) { return p[0] + p[1] + p[2] + p[3]; }

kernel void device_as_thread(device const float *x [[buffer(0)]], device float *y [[buffer(1)]], uint i [[thread_position_in_grid]]) {
  y[i] = sum4(x + 4 * i);
}

kernel void device_to_threadgroup(device float *x [[buffer(0)]], threadgroup float *s [[threadgroup(0)]], uint i [[thread_position_in_grid]]) {
  threadgroup float *p = s;
  if (i == 0) p = x;
  p[i] = 1.0f;
}

kernel void drops_device(device float *x [[buffer(0)]], uint i [[thread_position_in_grid]]) {
  float4 *v = (device float4 *)x;
  v[i] = 0.0f;
}

kernel void writes_constant(constant float *x [[buffer(0)]], uint i [[thread_position_in_grid]]) {
  x[i] = 0.0f;
}
