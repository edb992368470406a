// Names of the library and of Apple's compiler that public sources use.
#include <metal_stdlib>
using namespace metal;

// A type of the source's own, for which Metal's functions are overloaded.
struct tenths {
  int n;
};

namespace metal {
METAL_FUNC float exp(tenths x) { return __metal_exp(float(x.n) / 10.0f, __METAL_MAYBE_FAST_MATH__); }
METAL_FUNC float max3(tenths a, tenths b, tenths c) { return __metal_fmax3(float(a.n), float(b.n), float(c.n), __METAL_MAYBE_FAST_MATH__) / 10.0f; }
METAL_FUNC tenths simd_sum(tenths x) { return tenths{__metal_simd_sum(x.n)}; }
METAL_FUNC tenths simd_shuffle_and_fill_up(tenths x, tenths fill, ushort by) {
  return tenths{__metal_simd_shuffle_and_fill_up(x.n, fill.n, by, __metal_get_simdgroup_size(ushort()))};
}
namespace precise {
METAL_FUNC float exp(tenths x) { return __metal_exp(float(x.n) / 10.0f, __METAL_PRECISE_MATH__); }
}
namespace fast {
METAL_FUNC float exp(tenths x) { return __metal_exp(float(x.n) / 10.0f, __METAL_FAST_MATH__); }
}
}

kernel void apple_names(device const int *x, device float *floats, device int *ints, uint i [[thread_position_in_grid]]) {
  tenths t{x[i]};
  device float *f = floats + i * 8;
  f[0] = exp(t);
  f[1] = metal::precise::exp(t);
  f[2] = metal::fast::exp(t);
  f[3] = max3(t, tenths{3}, tenths{4});
  f[4] = __metal_fma(float(t.n), 2.0f, 1.0f);
  f[5] = __metal_pow(2.0f, float(t.n), __METAL_PRECISE_MATH__);
  int e;
  f[6] = __metal_frexp(float(t.n), &e);
  f[7] = fmedian3(float(t.n), 3.0f, 5.0f) + fmin3(float(t.n), 3.0f, 5.0f);
  device int *n = ints + i * 4;
  n[0] = simd_sum(t).n;
  n[1] = simd_shuffle_and_fill_up(t, tenths{-1}, 2).n;
  n[2] = __metal_simd_prefix_inclusive_sum(t.n);
  n[3] = e + __metal_get_thread_index_in_simdgroup(ushort());
}

template <uint N>
METAL_FUNC uint log2_of() {
  constexpr short power = __builtin_ctz(N);
  return power;
}

METAL_FUNC uint fourth(uint x) {
  switch (x & 3) {
    case 0: return 40;
    case 1: return 41;
    case 2: return 42;
    case 3: return 43;
  }
  __builtin_unreachable();
}

kernel void builtins(device const uint *x, device uint *y, uint i [[thread_position_in_grid]]) {
  uint v = x[i];
  y += i * 12;
  y[0] = v == 0 ? 99 : __builtin_ctz(v);
  y[1] = v == 0 ? 99 : __builtin_clz(v);
  y[2] = __builtin_popcount(v);
  y[3] = __builtin_ffs(int(v));
  y[4] = __builtin_parity(v);
  y[5] = __builtin_popcountll(ulong(v) << 32 | v);
  y[6] = v == 0 ? 99 : __builtin_ctzll(ulong(v) << 32);
  y[7] = __builtin_bswap32(v);
  y[8] = log2_of<64>() + log2_of<1>();
  y[9] = __builtin_expect(v > 2, 1) ? fourth(v) : 0;
  assert(v == 12345);
  y[10] = uint(half(-__FLT16_MAX__ / 2) == -32752.0h) + uint(__FLT_MAX__ == FLT_MAX);
  y[11] = as_type<uint>(__builtin_inff());
}

kernel void braces(device const uint *x, device float *y, uint i [[thread_position_in_grid]]) {
  uint a = x[i];
  uint4 three = {a, a + 1, a ^ 5};
  float4 one = {float(a)};
  float4 all = float(a);
  float3 none = {};
  half4 mixed = {half(a), 2.0h, 0.5h, 1.0h};
  float2 pair{1.5f, float(a)};
  float4 whole = float4(pair, pair.yx);
  y += i * 8;
  y[0] = three.x + 10 * three.y + 100 * three.z + 1000 * three.w;
  y[1] = one.x + one.y + one.z + one.w;
  y[2] = all.x + all.y + all.z + all.w;
  y[3] = none.x + none.y + none.z;
  y[4] = mixed.x + 10 * mixed.y + 100 * mixed.z + 1000 * mixed.w;
  y[5] = pair.x * pair.y;
  y[6] = whole.z;
  y[7] = three.w;
}

kernel void matrices(device const float *x, device float *y, uint i [[thread_position_in_grid]]) {
  x += i * 4;
  float4 v(x[0], x[1], x[2], x[3]);
  float4x4 m(v, v.yzwx, v.zwxy * 2.0f, float4(1.0f, 0.0f, 2.0f, 3.0f));
  float2x3 wide(v.xyz, v.yzw);
  float2 rows = float3(1.0f, 2.0f, 3.0f) * wide;
  float4 left = v * m, right = m * v;
  float4x4 sum = m + 2.0f * m - m * 0.5f;
  sum += float4x4(1.0f);
  y += i * 14;
  for (int k = 0; k < 4; k++) {
    y[k] = left[k];
    y[4 + k] = right[k];
  }
  y[8] = rows.x;
  y[9] = rows.y;
  y[10] = sum[2][1] + 100.0f * sum[3][3];
  y[11] = determinant(m);
  y[12] = determinant(float2x2(v.xy, v.zw)) + determinant(float3x3(v.xyz, v.yzw, v.wxy));
  y[13] = float(m == transpose(transpose(m))) + 2.0f * float(m != -m);
}

template <typename T>
struct holds {
  using bare = remove_addrspace_t<T>;
  static constexpr constant bool plain = is_same_v<bare, float> && !is_const_v<T> && !is_void_v<T> && !is_array_v<T>;
};

template <typename... Ts>
struct make_void {
  typedef void type;
};
template <typename... Ts>
using void_t = typename make_void<Ts...>::type;

template <typename T, typename U = void>
struct counted : false_type {};
template <typename T>
struct counted<T, void_t<typename T::count_type>> : true_type {};
struct has_count {
  typedef int count_type;
};

kernel void traits(device uint *y, constant uint &n) {
  static_assert(is_same_v<remove_const_t<const int>, int> && is_class_v<has_count> && !is_enum_v<int> && is_fundamental_v<half>, "traits");
  const uniform<uint> m = make_uniform(n);
  y[0] = holds<float>::plain + 2 * holds<const float>::plain;
  y[1] = counted<has_count>::value + 2 * counted<holds<int>>::value;
  y[2] = __is_valid_simdgroup_type<float4>::value + 2 * __is_valid_simdgroup_type<device float *>::value;
  y[3] = m / 3;
}
