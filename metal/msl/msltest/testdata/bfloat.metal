// bfloat: float's range with eight bits of precision.
#include <metal_stdlib>
using namespace metal;

typedef bfloat bfloat16_t;

kernel void bfloat_math(device const bfloat *x [[buffer(0)]], device const bfloat16_t *y [[buffer(1)]], device bfloat *out [[buffer(2)]],
                        device float *wide [[buffer(3)]], device ushort *bits [[buffer(4)]],
                        uint i [[thread_position_in_grid]]) {
  const bfloat a = x[i], b = y[i];
  out[i * 4] = a + b;
  out[i * 4 + 1] = a * b;
  out[i * 4 + 2] = bfloat(float(a) / 3.0f);
  out[i * 4 + 3] = static_cast<bfloat>(1e30f * float(b));
  wide[i] = float(a) * float(b);
  bits[i] = as_type<ushort>(a);
}
