// Arithmetic in half: each operation rounds to half.
#include <metal_stdlib>
using namespace metal;

kernel void half_math(device const half *x [[buffer(0)]], device const half *y [[buffer(1)]], device half *out [[buffer(2)]],
                      device float *wide [[buffer(3)]], device half4 *vectors [[buffer(4)]],
                      uint i [[thread_position_in_grid]]) {
  const half a = x[i], b = y[i];
  device half *o = out + i * 8;
  o[0] = a + b;
  o[1] = a - b;
  o[2] = a * b;
  o[3] = a / b;
  o[4] = a * 2 + 1.5h;
  o[5] = -a;
  o[6] = max(a, b);
  half acc = a;
  acc += b;
  acc *= 0.5h;
  o[7] = acc;
  wide[i * 3] = float(a) * float(b) + 0.25f;
  wide[i * 3 + 1] = a < b ? 1.0f : 0.0f;
  wide[i * 3 + 2] = a * 1.5f;
  half4 v = half4(a, b, a + b, 1.0h);
  vectors[i] = v * v + half4(a);
}
