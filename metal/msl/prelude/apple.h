// Names that Apple's compiler knows by itself and its headers are written with.
// Public code calls them to overload Metal's functions for types of its own.
enum { __METAL_PRECISE_MATH__, __METAL_MAYBE_FAST_MATH__, __METAL_FAST_MATH__ };
#define ASSAY_APPLE_1(NAME) \
  template <class A> inline auto __metal_##NAME(A x, int mode = __METAL_MAYBE_FAST_MATH__) { return decltype(metal::NAME(x))(mode == __METAL_FAST_MATH__ ? fast::NAME(x) : precise::NAME(x)); }
ASSAY_APPLE_1(acos) ASSAY_APPLE_1(acosh) ASSAY_APPLE_1(asin) ASSAY_APPLE_1(asinh) ASSAY_APPLE_1(atan) ASSAY_APPLE_1(atanh) ASSAY_APPLE_1(ceil)
ASSAY_APPLE_1(cos) ASSAY_APPLE_1(cosh) ASSAY_APPLE_1(cospi) ASSAY_APPLE_1(exp) ASSAY_APPLE_1(exp10) ASSAY_APPLE_1(exp2) ASSAY_APPLE_1(fabs)
ASSAY_APPLE_1(floor) ASSAY_APPLE_1(fract) ASSAY_APPLE_1(log) ASSAY_APPLE_1(log10) ASSAY_APPLE_1(log2) ASSAY_APPLE_1(rint) ASSAY_APPLE_1(round)
ASSAY_APPLE_1(rsqrt) ASSAY_APPLE_1(saturate) ASSAY_APPLE_1(sign) ASSAY_APPLE_1(sin) ASSAY_APPLE_1(sinh) ASSAY_APPLE_1(sinpi) ASSAY_APPLE_1(sqrt)
ASSAY_APPLE_1(tan) ASSAY_APPLE_1(tanh) ASSAY_APPLE_1(tanpi) ASSAY_APPLE_1(trunc)
ASSAY_APPLE_1(isnan) ASSAY_APPLE_1(isinf) ASSAY_APPLE_1(isfinite) ASSAY_APPLE_1(isnormal) ASSAY_APPLE_1(signbit)
#define ASSAY_APPLE_2(NAME) \
  template <class A> inline auto __metal_##NAME(A x, A y, int mode = __METAL_MAYBE_FAST_MATH__) { return decltype(metal::NAME(x, y))(mode == __METAL_FAST_MATH__ ? fast::NAME(x, y) : precise::NAME(x, y)); }
ASSAY_APPLE_2(atan2) ASSAY_APPLE_2(copysign) ASSAY_APPLE_2(divide) ASSAY_APPLE_2(fdim) ASSAY_APPLE_2(fmax) ASSAY_APPLE_2(fmin) ASSAY_APPLE_2(fmod)
ASSAY_APPLE_2(nextafter) ASSAY_APPLE_2(pow) ASSAY_APPLE_2(powr) ASSAY_APPLE_2(step)
#define ASSAY_APPLE_3(NAME) \
  template <class A> inline auto __metal_##NAME(A x, A y, A z, int = __METAL_MAYBE_FAST_MATH__) { return metal::NAME(x, y, z); }
ASSAY_APPLE_3(fma) ASSAY_APPLE_3(fmax3) ASSAY_APPLE_3(fmin3) ASSAY_APPLE_3(fmedian3) ASSAY_APPLE_3(mix) ASSAY_APPLE_3(clamp) ASSAY_APPLE_3(smoothstep)
template <class A> inline A __metal_ldexp(A x, int e, int = __METAL_MAYBE_FAST_MATH__) { return ldexp(x, e); }
template <class A> inline A __metal_frexp(A x, int* e, int = __METAL_MAYBE_FAST_MATH__) { return frexp(x, *e); }
#undef ASSAY_APPLE_1
#undef ASSAY_APPLE_2
#undef ASSAY_APPLE_3

#define ASSAY_APPLE_1(NAME) template <class A> inline auto __metal_##NAME(A x) { return NAME(x); }
ASSAY_APPLE_1(clz) ASSAY_APPLE_1(ctz) ASSAY_APPLE_1(popcount) ASSAY_APPLE_1(reverse_bits) ASSAY_APPLE_1(abs) ASSAY_APPLE_1(any) ASSAY_APPLE_1(all)
#undef ASSAY_APPLE_1

#define ASSAY_APPLE_1(NAME) template <class A> inline A __metal_simd_##NAME(A x, int line = ASSAY_LINE_) { (void)line; return simd_##NAME(x ASSAY_SITE_); }
ASSAY_APPLE_1(sum) ASSAY_APPLE_1(product) ASSAY_APPLE_1(min) ASSAY_APPLE_1(max) ASSAY_APPLE_1(and) ASSAY_APPLE_1(or) ASSAY_APPLE_1(xor) ASSAY_APPLE_1(broadcast_first)
ASSAY_APPLE_1(prefix_inclusive_sum) ASSAY_APPLE_1(prefix_exclusive_sum) ASSAY_APPLE_1(prefix_inclusive_product) ASSAY_APPLE_1(prefix_exclusive_product)
#undef ASSAY_APPLE_1
#define ASSAY_APPLE_2(NAME) template <class A> inline A __metal_simd_##NAME(A x, ushort n, int line = ASSAY_LINE_) { (void)line; return simd_##NAME(x, n ASSAY_SITE_); }
ASSAY_APPLE_2(broadcast) ASSAY_APPLE_2(shuffle) ASSAY_APPLE_2(shuffle_xor) ASSAY_APPLE_2(shuffle_up) ASSAY_APPLE_2(shuffle_down)
ASSAY_APPLE_2(shuffle_rotate_up) ASSAY_APPLE_2(shuffle_rotate_down)
#undef ASSAY_APPLE_2
#define ASSAY_APPLE_3(NAME) template <class A> inline A __metal_simd_##NAME(A x, A fill, ushort n, ushort modulo, int line = ASSAY_LINE_) { (void)line; return simd_##NAME(x, fill, n, modulo ASSAY_SITE_); }
ASSAY_APPLE_3(shuffle_and_fill_up) ASSAY_APPLE_3(shuffle_and_fill_down)
#undef ASSAY_APPLE_3
template <class A> inline A __metal_get_simdgroup_size(A) { return A(32); }
template <class A> inline A __metal_get_thread_index_in_simdgroup(A) { return A(lane_id_()); }

// What simdgroup operations take.
template <class T> struct __is_valid_simdgroup_type : bool_constant<(is_floating_point_v<T> || is_integral_v<T>) && !is_same_v<remove_cv_t<T>, bool> && sizeof(T) <= 4> {};
template <class T, int N> struct __is_valid_simdgroup_type<vec<T, N>> : __is_valid_simdgroup_type<T> {};

// A value that is the same in all threads: a promise to Apple's compiler, a value to others.
template <class T> using uniform = T;
template <class T> constexpr T make_uniform(T x) { return x; }
