// The math library: default, precise and fast.
#include <metal_stdlib>
#include <metal_math>

kernel void math(device const float *x [[buffer(0)]], device float *out [[buffer(1)]], uint i [[thread_position_in_grid]]) {
  const float v = x[i];
  device float *o = out + i * 32;
  o[0] = metal::exp(v);
  o[1] = metal::precise::exp(v);
  o[2] = metal::fast::exp(v);
  o[3] = metal::log(v);
  o[4] = metal::precise::log2(v);
  o[5] = metal::fast::log2(v);
  o[6] = metal::sqrt(v);
  o[7] = metal::rsqrt(v);
  o[8] = metal::sin(v);
  o[9] = metal::precise::cos(v);
  o[10] = metal::tanh(v);
  o[11] = metal::precise::tanh(v);
  o[12] = metal::pow(v, 1.5f);
  o[13] = metal::powr(v, 0.25f);
  o[14] = metal::floor(v) + metal::ceil(v) * 10.0f + metal::trunc(-v) * 100.0f;
  o[15] = metal::rint(v) + metal::round(v) * 10.0f;
  o[16] = metal::fract(v);
  o[17] = metal::fmod(v, 0.75f);
  o[18] = metal::clamp(v, 0.5f, 2.0f);
  o[19] = metal::mix(v, 10.0f, 0.25f);
  o[20] = metal::smoothstep(0.0f, 4.0f, v);
  o[21] = metal::step(1.0f, v) + metal::sign(-v) * 2.0f + metal::saturate(v) * 4.0f;
  o[22] = metal::atan2(v, 2.0f);
  o[23] = metal::exp2(v) + metal::exp10(v * 0.1f);
  o[24] = metal::fmin(v, 1.0f) + metal::fmax(v, 1.0f) + metal::copysign(1.0f, -v);
  o[25] = metal::isnan(v / 0.0f - v / 0.0f) && metal::isinf(v / 0.0f) && metal::isfinite(v) ? 1.0f : 0.0f;
  o[26] = metal::asin(metal::saturate(v * 0.1f)) + metal::acos(metal::saturate(v * 0.1f)) + metal::atan(v);
  o[27] = metal::sinh(v) - metal::cosh(v);
  o[28] = metal::ldexp(v, 3);
  o[29] = metal::precise::divide(v, 3.0f) + metal::fast::divide(v, 7.0f);
  int e = 0;
  o[30] = metal::frexp(v, e) + float(e) * 16.0f;
  o[31] = metal::length(metal::float3(v, 2.0f, 3.0f)) + metal::max3(v, 1.0f, 2.0f) + (M_PI_F > 3.0f ? 1.0f : 0.0f) + (INFINITY > FLT_MAX ? 1.0f : 0.0f);
}
