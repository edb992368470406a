// Program-scope constants, structures by reference and by pointer in the
// constant address space, enumerations and constant expressions.
#include <metal_stdlib>
using namespace metal;

enum Mode : uint { linear = 0, squared = 1 };
struct Inner { float gain[2]; short offset; };
struct Config { uint n; Mode mode; Inner inner; packed_float3 axis; };

constant float weights[4] = {0.5, 1.0, 2.0f, 4e0};
static constant constexpr const int LIMIT = 3;
constexpr constant uint8_t order[8] = {7, 6, 5, 4, 3, 2, 1, 0};
constant Inner fallback = {{0.25f, 0.75f}, -2};
constant half4 tint = half4(1.0h, 0.5h, 0.25h, 2.0h);

static float pick(constant float *table, constant const Inner &inner, uint i) {
  return table[i % 4] * inner.gain[i & 1] + float(inner.offset);
}

kernel void tables(device const float *x [[buffer(0)]], device float *y [[buffer(1)]], constant Config &config [[buffer(2)]],
                   constant int *shape [[buffer(3)]], uint i [[thread_position_in_grid]]) {
  if (i >= config.n) return;
  float v = x[order[i % 8]] * pick(weights, config.inner, i) + pick(weights, fallback, i + 1);
  if (config.mode == squared) v *= v;
  for (int j = 0; j < LIMIT; j++) v += float(shape[j]) * config.axis[j];
  y[i] = v + float(tint[i % 4]);
}
