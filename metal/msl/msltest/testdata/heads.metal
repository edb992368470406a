// Template heads and instantiations as public sources have them: comparisons,
// functions as arguments, arguments that the kernel's own tell, defaults that use
// other parameters, thread limits that depend on them.
#include <metal_stdlib>
#include <metal_assert>
using namespace metal;

template <typename T, metal::enable_if_t<sizeof(T) < 4, bool> = true>
inline int width(T) { return 2; }
template <typename T, metal::enable_if_t<sizeof(T) == 4, bool> = true>
inline int width(T) { return 4; }
template <int N, bool small = N < 8, int M = (N > 4) ? 1 : 0>
struct sized { static constexpr constant int value = (small ? 100 : 200) + M; };
template <typename T> constexpr constant bool by_lanes = __is_valid_simdgroup_type<T>::value;

template <typename T> struct ranked { T v; uint at; };
template <typename T> struct _numeric_limits_impl<ranked<T>> {
  static constexpr ranked<T> max() { return {numeric_limits<T>::max(), 9}; }
};
namespace lib {
namespace deep {
template <int N> struct number { static constexpr constant int value = N; };
template <typename T> struct is_integral : bool_constant<metal::is_integral<T>::value> {};
template <int N> struct is_integral<number<N>> : bool_constant<true> {};
}
}
template <typename T> constexpr constant bool counts = _disjunction<is_same<T, int>, is_same<T, uint>>::value;
kernel void limits(device uint *y, uint i [[thread_position_in_grid]]) {
  ranked<uint> r = numeric_limits<ranked<uint>>::max();
  y[i] = r.v - r.at + counts<uint> + 2 * counts<float> + lib::deep::is_integral<lib::deep::number<3>>::value - lib::deep::is_integral<int>::value;
}

typedef void apply_t(device float *y, uint i);
void put(device float *y, uint i) { y[i] = i; }
template <int K> void scale(device float *y, uint i) { y[i] = y[i] * K + 1; }
typedef void (pair_t)(device float *y, uint i);

template <apply_t first, pair_t second, void (*third)(device float *, uint)>
kernel void chain(device float *y, uint i [[thread_position_in_grid]]) {
  first(y, i);
  second(y, i);
  third(y, i);
}
typedef decltype(chain<put, scale<2>, put>) chain_t;
template [[host_name("chain_a")]] kernel chain_t chain<put, scale<3>, scale<2>>;
template [[host_name("chain_b")]] kernel chain_t chain<scale<2>, put, scale<5>>;

template <typename T, int N, typename V = vec<T, N>, int THREADS = 8 * N>
[[kernel, max_total_threads_per_threadgroup(THREADS)]]
void fill(device V *y, constant vec<T, N> &v, uint i [[thread_position_in_grid]]) {
  assert(i < 4);
  y[i] = v * T(i) + T(width(T(0)) + sized<N>::value + (by_lanes<T> ? 1000 : 0) + (by_lanes<long> ? 1 : 0));
}
#define NAME(t, n) "fill_" #t "_" #n
template [[host_name(NAME(float, 2))]] [[kernel]] decltype(fill<float, 2>) fill<float, 2>;
template [[host_name("fill_" "half" "_4")]] [[kernel]] void
fill(device half4 *, constant half4 &, uint i [[thread_position_in_grid]]);

