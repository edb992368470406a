// half and bfloat: what functions make of them, and what simdgroups compute in.
#include <metal_stdlib>
using namespace metal;

template <class T> constexpr uint size_of(T) { return sizeof(T); }

// The type that a function makes of one, two and three values of T: 4 for float, 2 for T.
#define ONE(F) o[n++] = size_of(metal::F(x)) * 100 + size_of(metal::precise::F(x)) * 10 + size_of(metal::fast::F(x));
#define TWO(F) o[n++] = size_of(metal::F(x, x)) * 100 + size_of(metal::precise::F(x, x)) * 10 + size_of(metal::fast::F(x, x));
#define THREE(F) o[n++] = size_of(metal::F(x, x, x)) * 100 + size_of(metal::precise::F(x, x, x)) * 10 + size_of(metal::fast::F(x, x, x));
template <class T> void types(T x, device uint *o) {
  int n = 0;
  ONE(acos) ONE(acosh) ONE(asin) ONE(asinh) ONE(atan) ONE(atanh) ONE(ceil) ONE(cos) ONE(cosh) ONE(cospi) ONE(exp) ONE(exp10) ONE(exp2) ONE(fabs)
  ONE(floor) ONE(fract) ONE(log) ONE(log10) ONE(log2) ONE(rint) ONE(round) ONE(rsqrt) ONE(sin) ONE(sinh) ONE(sinpi) ONE(sqrt) ONE(tan) ONE(tanh)
  ONE(tanpi) ONE(trunc) ONE(abs) ONE(saturate) ONE(sign)
  TWO(atan2) TWO(copysign) TWO(divide) TWO(fdim) TWO(fmax) TWO(fmin) TWO(fmod) TWO(nextafter) TWO(pow) TWO(powr) TWO(max) TWO(min) TWO(step)
  THREE(fma) THREE(fmax3) THREE(fmin3) THREE(fmedian3) THREE(max3) THREE(min3) THREE(median3) THREE(clamp) THREE(mix) THREE(smoothstep)
}

kernel void small_types(device const float *x [[buffer(0)]], device uint *halves [[buffer(1)]], device uint *brains [[buffer(2)]]) {
  types(half(x[0]), halves);
  types(bfloat(x[0]), brains);
}

// 1 / (1 + e^|x|) in float, rounded to half once: 9e-6 where a half would overflow.
kernel void small_sigmoid(device const half *x [[buffer(0)]], device half *out [[buffer(1)]], uint i [[thread_position_in_grid]]) {
  auto y = 1 / (1 + metal::precise::exp(metal::abs(x[i])));
  out[i * 2] = (x[i] < 0) ? y : 1 - y;
  out[i * 2 + 1] = 1 / (1 + metal::fast::exp(metal::abs(x[i])));
}

template <class T> void reduce(T v, device float *o) {
  o[0] = float(simd_sum(v));
  o[1] = float(simd_product(v));
  o[2] = float(simd_min(v));
  o[3] = float(simd_max(v));
  o[4] = float(quad_sum(v));
  o[5] = float(quad_product(v));
  o[6] = float(quad_min(v));
  o[7] = float(quad_max(v));
  o[8] = float(simd_prefix_inclusive_sum(v));
  o[9] = float(simd_prefix_exclusive_sum(v));
  o[10] = float(simd_prefix_inclusive_product(v));
  o[11] = float(simd_prefix_exclusive_product(v));
  o[12] = float(simd_sum(vec<T, 2>(v, T(1))).x);
}
kernel void small_reduce(device const float *x [[buffer(0)]], device float *out [[buffer(1)]], uint i [[thread_index_in_simdgroup]]) {
  reduce(bfloat(x[i]), out + i * 13);
}
