// Metal's common, math, integer, relational and geometric functions. Each
// works on scalars and, component by component, on vectors.
template <class T> using float_of_ = conditional_t<is_floating_point_v<T>, T, float>;
template <class V> constexpr bool any_value_ = is_vec_<V> || is_scalar_v<V>;

#define ASSAY_1(NAME, EXPR)                                                                 \
  template <class T, enable_if_t<is_arithmetic_v<T>, int> = 0>                              \
  inline float_of_<T> NAME(T x_) { float x = static_cast<float>(x_); return float_of_<T>(EXPR); } \
  template <class V, enable_if_t<is_vec_<V>, int> = 0>                                      \
  inline auto NAME(const V& v) { vec<float_of_<elem_<V>>, vec_traits_<V>::n> r;             \
    for (int i = 0; i < vec_traits_<V>::n; i++) r.set_(i, NAME(elem_<V>(v[i]))); return r; }

// The type of a function of two or three operands: the vector among them, or the scalars' common type.
template <class A, class B> struct common_ { typedef decltype(A() + B()) type; };
template <class A> struct common_<A, A> { typedef A type; };
template <class A, class B> using common_t_ = typename common_<A, B>::type;
template <class... A> constexpr bool all_scalar_ = (is_arithmetic_v<A> && ...);
template <class... A> constexpr bool some_vec_ = (is_vec_<A> || ...);
template <class A, class... R> struct shape_ : conditional_t<is_vec_<A>, vec_traits_<A>, shape_<R...>> {};
template <class A> struct shape_<A> : vec_traits_<A> {};

#define ASSAY_2(NAME, EXPR)                                                                 \
  template <class A, class B, enable_if_t<all_scalar_<A, B>, int> = 0>                      \
  inline float_of_<common_t_<A, B>> NAME(A x_, B y_) { float x = static_cast<float>(x_), y = static_cast<float>(y_); \
    return float_of_<common_t_<A, B>>(EXPR); }                                              \
  ASSAY_V2(NAME)
#define ASSAY_V2(NAME)                                                                      \
  template <class A, class B, enable_if_t<some_vec_<A, B>, int> = 0>                        \
  inline auto NAME(const A& a, const B& b) { typedef shape_<A, B> S; typedef typename S::elem E; vec<E, S::n> r; \
    for (int i = 0; i < S::n; i++) r.set_(i, NAME(lane_<E>(a, i), lane_<E>(b, i))); return r; }
#define ASSAY_3(NAME, EXPR)                                                                 \
  template <class A, class B, class C, enable_if_t<all_scalar_<A, B, C>, int> = 0>          \
  inline float_of_<common_t_<common_t_<A, B>, C>> NAME(A x_, B y_, C z_) {                  \
    float x = static_cast<float>(x_), y = static_cast<float>(y_), z = static_cast<float>(z_); \
    return float_of_<common_t_<common_t_<A, B>, C>>(EXPR); }                                \
  ASSAY_V3(NAME)
#define ASSAY_V3(NAME)                                                                      \
  template <class A, class B, class C, enable_if_t<some_vec_<A, B, C>, int> = 0>            \
  inline auto NAME(const A& a, const B& b, const C& c) { typedef shape_<A, B, C> S; typedef typename S::elem E; vec<E, S::n> r; \
    for (int i = 0; i < S::n; i++) r.set_(i, NAME(lane_<E>(a, i), lane_<E>(b, i), lane_<E>(c, i))); return r; }

#define ASSAY_MATH_                                                                         \
  ASSAY_1(acos, ::acosf(x)) ASSAY_1(acosh, ::acoshf(x)) ASSAY_1(asin, ::asinf(x)) ASSAY_1(asinh, ::asinhf(x)) \
  ASSAY_1(atan, ::atanf(x)) ASSAY_1(atanh, ::atanhf(x)) ASSAY_1(cosh, ::coshf(x)) ASSAY_1(sinh, ::sinhf(x)) \
  ASSAY_1(tan, ::tanf(x)) ASSAY_1(cospi, ::cosf(3.14159265358979323846f * x)) ASSAY_1(sinpi, ::sinf(3.14159265358979323846f * x)) \
  ASSAY_1(tanpi, ::tanf(3.14159265358979323846f * x)) \
  ASSAY_1(ceil, ::ceilf(x)) ASSAY_1(floor, ::floorf(x)) ASSAY_1(rint, ::rintf(x)) ASSAY_1(round, ::roundf(x)) \
  ASSAY_1(trunc, ::truncf(x)) ASSAY_1(fabs, ::fabsf(x)) ASSAY_1(sqrt, ::sqrtf(x)) \
  ASSAY_1(fract, fract1_(x)) ASSAY_1(sign, x > 0.0f ? 1.0f : x < 0.0f ? -1.0f : x == 0.0f ? x : 0.0f) \
  ASSAY_1(saturate, ::fminf(::fmaxf(x, 0.0f), 1.0f)) \
  ASSAY_1(degrees, x * 57.295779513082320877f) ASSAY_1(radians, x * 0.017453292519943295769f) \
  ASSAY_2(atan2, ::atan2f(x, y)) ASSAY_2(fmod, ::fmodf(x, y)) ASSAY_2(fmax, ::fmaxf(x, y)) ASSAY_2(fmin, ::fminf(x, y)) \
  ASSAY_2(fdim, ::fdimf(x, y)) ASSAY_2(copysign, ::copysignf(x, y)) ASSAY_2(nextafter, ::nextafterf(x, y)) \
  ASSAY_2(step, y < x ? 0.0f : 1.0f) ASSAY_2(hypot_, ::hypotf(x, y)) \
  ASSAY_3(smoothstep, smoothstep1_(x, y, z)) ASSAY_3(mix, x + (y - x) * z)

#define ASSAY_MATH_PRECISE_                                                                 \
  ASSAY_1(exp, ::expf(x)) ASSAY_1(exp2, ::exp2f(x)) ASSAY_1(exp10, ::exp10f(x)) ASSAY_1(log, ::logf(x)) \
  ASSAY_1(log2, ::log2f(x)) ASSAY_1(log10, ::log10f(x)) ASSAY_1(sin, ::sinf(x)) ASSAY_1(cos, ::cosf(x)) \
  ASSAY_1(tanh, ::tanhf(x)) ASSAY_1(rsqrt, assay_target::rsqrt(x)) ASSAY_2(pow, ::powf(x, y)) ASSAY_2(powr, ::powf(x, y)) \
  ASSAY_2(divide, x / y)

#define ASSAY_MATH_FAST_                                                                    \
  ASSAY_1(exp, assay_target::fast_exp(x)) ASSAY_1(exp2, assay_target::fast_exp2(x)) ASSAY_1(exp10, assay_target::fast_exp(x * 2.302585092994045684f)) \
  ASSAY_1(log, assay_target::fast_log(x)) ASSAY_1(log2, assay_target::fast_log2(x)) ASSAY_1(log10, assay_target::fast_log(x) * 0.434294481903251828f) \
  ASSAY_1(sin, assay_target::fast_sin(x)) ASSAY_1(cos, assay_target::fast_cos(x)) ASSAY_1(tanh, assay_target::fast_tanh(x)) \
  ASSAY_1(rsqrt, assay_target::rsqrt(x)) ASSAY_2(pow, assay_target::fast_pow(x, y)) ASSAY_2(powr, assay_target::fast_pow(x, y)) \
  ASSAY_2(divide, assay_target::fast_divide(x, y))

inline float fract1_(float x) { float f = x - ::floorf(x); return f < 1.0f ? f : 0.99999994f; }
inline float smoothstep1_(float lo, float hi, float x) {
  float t = ::fminf(::fmaxf((x - lo) / (hi - lo), 0.0f), 1.0f);
  return t * t * (3.0f - 2.0f * t);
}

ASSAY_MATH_
ASSAY_MATH_PRECISE_
ASSAY_1(erf_, ::erff(x))

// min, max, abs and clamp exist for integers too, which must not pass through float.
template <class A, class B, enable_if_t<all_scalar_<A, B>, int> = 0> constexpr common_t_<A, B> min(A a, B b) {
  typedef common_t_<A, B> T;
  if constexpr (is_floating_point_v<T>) return T(::fminf(float(a), float(b))); else return T(b) < T(a) ? T(b) : T(a);
}
template <class A, class B, enable_if_t<all_scalar_<A, B>, int> = 0> constexpr common_t_<A, B> max(A a, B b) {
  typedef common_t_<A, B> T;
  if constexpr (is_floating_point_v<T>) return T(::fmaxf(float(a), float(b))); else return T(a) < T(b) ? T(b) : T(a);
}
template <class T, enable_if_t<is_arithmetic_v<T>, int> = 0> inline T abs(T x) {
  if constexpr (is_floating_point_v<T>) return T(::fabsf(float(x))); else return x < T(0) ? T(-x) : x;
}
template <class V, enable_if_t<is_vec_<V>, int> = 0> inline auto abs(const V& v) {
  plain_vec_<V> r;
  for (int i = 0; i < vec_traits_<V>::n; i++) r.set_(i, abs(elem_<V>(v[i])));
  return r;
}
ASSAY_V2(min) ASSAY_V2(max)
template <class A, class B, class C, enable_if_t<all_scalar_<A, B, C>, int> = 0> inline auto clamp(A x, B lo, C hi) { return min(max(x, lo), hi); }
ASSAY_V3(clamp)
template <class A, class B, class C, enable_if_t<all_scalar_<A, B, C>, int> = 0> inline auto min3(A a, B b, C c) { return min(a, min(b, c)); }
template <class A, class B, class C, enable_if_t<all_scalar_<A, B, C>, int> = 0> inline auto max3(A a, B b, C c) { return max(a, max(b, c)); }
template <class A, class B, class C, enable_if_t<all_scalar_<A, B, C>, int> = 0> inline auto median3(A a, B b, C c) { return max(min(a, b), min(max(a, b), c)); }
ASSAY_V3(min3) ASSAY_V3(max3) ASSAY_V3(median3)
template <class A, class B, class C> inline auto fmin3(A a, B b, C c) { return fmin(a, fmin(b, c)); }
template <class A, class B, class C> inline auto fmax3(A a, B b, C c) { return fmax(a, fmax(b, c)); }
template <class A, class B, class C> inline auto fmedian3(A a, B b, C c) { return fmax(fmin(a, b), fmin(fmax(a, b), c)); }

template <class A, class B, class C, enable_if_t<all_scalar_<A, B, C>, int> = 0> inline float_of_<common_t_<common_t_<A, B>, C>> fma(A a, B b, C c) {
  return float_of_<common_t_<common_t_<A, B>, C>>(::fmaf(float(a), float(b), float(c)));
}
ASSAY_V3(fma)
template <class T, enable_if_t<is_scalar_v<T>, int> = 0> inline T mad(T a, T b, T c) { return T(a * b + c); }

template <class To, class From> inline To as_type(const From& from) {
  if constexpr (is_vec_<From>) {
    plain_vec_<From> v = from;
    if constexpr (sizeof(To) == sizeof(v)) return bits_as_<To>(v);
    else { // three-component vectors are padded
      To to;
      ASSAY_COPY_(&to, &v, sizeof(To) < sizeof(v) ? sizeof(To) : sizeof(v));
      return to;
    }
  } else return bits_as_<To>(from);
}

// Relational functions.
#define ASSAY_R(NAME, EXPR)                                                                 \
  template <class T, enable_if_t<is_arithmetic_v<T>, int> = 0> inline bool NAME(T x_) { float x = float(x_); (void)x; return EXPR; } \
  template <class V, enable_if_t<is_vec_<V>, int> = 0> inline auto NAME(const V& v) { vec<bool, vec_traits_<V>::n> r; \
    for (int i = 0; i < vec_traits_<V>::n; i++) r.set_(i, NAME(elem_<V>(v[i]))); return r; }
ASSAY_R(isnan, (bits_as_<uint>(x) & 0x7fffffffu) > 0x7f800000u)
ASSAY_R(isinf, (bits_as_<uint>(x) & 0x7fffffffu) == 0x7f800000u)
ASSAY_R(isfinite, (bits_as_<uint>(x) & 0x7f800000u) != 0x7f800000u)
ASSAY_R(signbit, bits_as_<uint>(x) >> 31)
ASSAY_R(isnormal, (bits_as_<uint>(x) & 0x7f800000u) != 0x7f800000u && (bits_as_<uint>(x) & 0x7f800000u) != 0)
template <class V, enable_if_t<any_value_<V>, int> = 0> inline bool any(const V& v) {
  if constexpr (is_vec_<V>) { bool r = false; for (int i = 0; i < vec_traits_<V>::n; i++) r = r || bool(v[i]); return r; } else return bool(v);
}
template <class V, enable_if_t<any_value_<V>, int> = 0> inline bool all(const V& v) {
  if constexpr (is_vec_<V>) { bool r = true; for (int i = 0; i < vec_traits_<V>::n; i++) r = r && bool(v[i]); return r; } else return bool(v);
}
template <class A, class B, class C, enable_if_t<is_scalar_v<A> && is_scalar_v<B> && is_scalar_v<C>, int> = 0> inline auto select(A a, B b, C c) {
  typedef common_t_<A, B> T; return c ? T(b) : T(a);
}
template <class A, class B, class C, enable_if_t<some_vec_<A, B>, int> = 0> inline auto select(const A& a, const B& b, const C& c) {
  typedef shape_<A, B> S; typedef typename S::elem E; vec<E, S::n> r;
  for (int i = 0; i < S::n; i++) r.set_(i, lane_<bool>(c, i) ? lane_<E>(b, i) : lane_<E>(a, i));
  return r;
}

// Integer functions.
#define ASSAY_I1(NAME, EXPR)                                                                \
  template <class T, enable_if_t<is_integral_v<T>, int> = 0> inline T NAME(T x) { typedef make_unsigned_t<T> U; (void)sizeof(U); return T(EXPR); } \
  template <class V, enable_if_t<is_vec_<V>, int> = 0> inline auto NAME(const V& v) { plain_vec_<V> r; \
    for (int i = 0; i < vec_traits_<V>::n; i++) r.set_(i, NAME(elem_<V>(v[i]))); return r; }
inline int popcount1_(ulong x) { return assay_target::popcount(x); }
inline int clz1_(ulong x, int bits) { return x == 0 ? bits : assay_target::clz(x) - (64 - bits); }
inline int ctz1_(ulong x, int bits) { return x == 0 ? bits : popcount1_((x & (0 - x)) - 1); }
inline ulong reverse1_(ulong x, int bits) { ulong r = 0; for (int i = 0; i < bits; i++) { r = r << 1 | (x & 1); x >>= 1; } return r; }
ASSAY_I1(popcount, popcount1_(U(x)))
ASSAY_I1(clz, clz1_(U(x), sizeof(T) * 8))
ASSAY_I1(ctz, ctz1_(U(x), sizeof(T) * 8))
ASSAY_I1(reverse_bits, reverse1_(U(x), sizeof(T) * 8))
#define ASSAY_I2(NAME, EXPR)                                                                \
  template <class A, class B, enable_if_t<is_integral_v<A> && is_integral_v<B>, int> = 0> inline auto NAME(A a_, B b_) { \
    typedef common_t_<A, B> C; typedef conditional_t<is_same_v<A, B>, A, C> T; typedef make_unsigned_t<T> U; T a = a_, b = b_; (void)sizeof(U); return T(EXPR); } \
  ASSAY_V2(NAME)
template <class T> inline T mulhi1_(T a, T b) {
  if constexpr (sizeof(T) < 8) return T((long(a) * long(b)) >> (sizeof(T) * 8)); else return T(assay_target::mulhi(a, b));
}
template <class U> inline U rotate1_(U a, uint n) { n %= sizeof(U) * 8; return n == 0 ? a : U(a << n | a >> (sizeof(U) * 8 - n)); }
ASSAY_I2(mulhi, mulhi1_(a, b))
ASSAY_I2(rotate, rotate1_(U(a), uint(b)))
ASSAY_I2(absdiff, a < b ? U(b) - U(a) : U(a) - U(b))
ASSAY_I2(hadd, (a >> 1) + (b >> 1) + (a & b & 1))
ASSAY_I2(rhadd, (a >> 1) + (b >> 1) + ((a | b) & 1))
template <class T> inline T addsat1_(T a, T b) {
  if constexpr (is_unsigned_v<T>) { T s = T(a + b); return s < a ? numeric_limits<T>::max() : s; }
  else { if (b > 0 && a > numeric_limits<T>::max() - b) return numeric_limits<T>::max();
    if (b < 0 && a < numeric_limits<T>::min() - b) return numeric_limits<T>::min(); return T(a + b); }
}
template <class T> inline T subsat1_(T a, T b) {
  if constexpr (is_unsigned_v<T>) return a < b ? T(0) : T(a - b);
  else { if (b < 0 && a > numeric_limits<T>::max() + b) return numeric_limits<T>::max();
    if (b > 0 && a < numeric_limits<T>::min() + b) return numeric_limits<T>::min(); return T(a - b); }
}
ASSAY_I2(addsat, addsat1_(a, b))
ASSAY_I2(subsat, subsat1_(a, b))
template <class T, enable_if_t<is_integral_v<T>, int> = 0> inline T mad24(T a, T b, T c) { return T(a * b + c); }
template <class T, enable_if_t<is_integral_v<T>, int> = 0> inline T mul24(T a, T b) { return T(a * b); }
template <class T, enable_if_t<is_integral_v<T>, int> = 0> inline T madhi(T a, T b, T c) { return T(mulhi(a, b) + c); }
template <class T, enable_if_t<is_integral_v<T>, int> = 0> inline T extract_bits(T x, uint offset, uint bits) {
  if (bits == 0) return T(0);
  const uint width = sizeof(T) * 8;
  typedef make_unsigned_t<T> U;
  return T(T(U(x) << (width - bits - offset)) >> (width - bits));
}
template <class T, enable_if_t<is_integral_v<T>, int> = 0> inline T insert_bits(T base, T x, uint offset, uint bits) {
  typedef make_unsigned_t<T> U;
  U mask = bits >= sizeof(T) * 8 ? U(~U(0)) : U((U(1) << bits) - 1);
  return T((U(base) & ~(mask << offset)) | ((U(x) & mask) << offset));
}

// Geometric functions.
template <class A, class B, enable_if_t<is_vec_<A> && is_vec_<B>, int> = 0> inline elem_<A> dot(const A& a, const B& b) {
  auto p = a * b; elem_<A> s = p[0];
  for (int i = 1; i < vec_traits_<A>::n; i++) s = s + p[i];
  return s;
}
template <class V, enable_if_t<is_vec_<V>, int> = 0> inline elem_<V> length_squared(const V& v) { return dot(v, v); }
template <class V, enable_if_t<is_vec_<V>, int> = 0> inline elem_<V> length(const V& v) { return sqrt(dot(v, v)); }
template <class A, class B, enable_if_t<is_vec_<A> && is_vec_<B>, int> = 0> inline elem_<A> distance(const A& a, const B& b) { return length(a - b); }
template <class V, enable_if_t<is_vec_<V>, int> = 0> inline auto normalize(const V& v) { return v * rsqrt(dot(v, v)); }
template <class T> inline vec<T, 3> cross(const vec<T, 3>& a, const vec<T, 3>& b) {
  return vec<T, 3>(a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x);
}

// Functions with a second result.
inline float frexp(float x, int& e) { return assay_target::frexp(x, &e); }
inline half frexp(half x, int& e) { return half(assay_target::frexp(float(x), &e)); }
template <class T, enable_if_t<is_floating_point_v<T>, int> = 0> inline T ldexp(T x, int e) { return T(::ldexpf(float(x), e)); }
template <class T, enable_if_t<is_floating_point_v<T>, int> = 0> inline T modf(T x, T& whole) { whole = trunc(x); return x - whole; }
template <class T, enable_if_t<is_floating_point_v<T>, int> = 0> inline T sincos(T x, T& c) { c = cos(x); return sin(x); }
template <class T, enable_if_t<is_floating_point_v<T>, int> = 0> inline int ilogb(T x) { return ::ilogbf(float(x)); }

// precise:: and fast:: take floats alone, in Metal too: of half and bfloat they
// make floats. What is plain makes what it is given.
#define ASSAY_FLOATS_                                                                       \
  ASSAY_MATH_                                                                               \
  ASSAY_1(abs, ::fabsf(x)) ASSAY_2(min, ::fminf(x, y)) ASSAY_2(max, ::fmaxf(x, y)) ASSAY_3(fma, ::fmaf(x, y, z)) \
  ASSAY_3(clamp, ::fminf(::fmaxf(x, y), z)) ASSAY_3(min3, ::fminf(x, ::fminf(y, z))) ASSAY_3(max3, ::fmaxf(x, ::fmaxf(y, z))) \
  ASSAY_3(median3, metal::median3(x, y, z)) ASSAY_3(fmin3, ::fminf(x, ::fminf(y, z))) ASSAY_3(fmax3, ::fmaxf(x, ::fmaxf(y, z))) \
  ASSAY_3(fmedian3, metal::median3(x, y, z))                                                \
  inline float ldexp(float x, int e) { return ::ldexpf(x, e); }                             \
  inline float frexp(float x, int& e) { return assay_target::frexp(x, &e); }                \
  inline float modf(float x, float& whole) { return metal::modf(x, whole); }                \
  inline float sincos(float x, float& c) { c = cos(x); return sin(x); }                     \
  inline int ilogb(float x) { return ::ilogbf(x); }                                         \
  using metal::isnan; using metal::isinf; using metal::isfinite; using metal::isnormal; using metal::signbit; \
  using metal::normalize; using metal::length; using metal::distance; using metal::dot;
namespace precise {
template <class T> using float_of_ = float;
ASSAY_MATH_PRECISE_
ASSAY_FLOATS_
}
namespace fast {
template <class T> using float_of_ = float;
ASSAY_MATH_FAST_
ASSAY_FLOATS_
}

// Packing.
inline uint pack_float_to_unorm4x8(float4 v) {
  uint r = 0;
  for (int i = 0; i < 4; i++) r |= uint(rint(saturate(v[i]) * 255.0f)) << (8 * i);
  return r;
}
inline float4 unpack_unorm4x8_to_float(uint x) {
  return float4(float(x & 255), float(x >> 8 & 255), float(x >> 16 & 255), float(x >> 24)) / 255.0f;
}
inline float4 unpack_snorm4x8_to_float(uint x) {
  float4 r(0.0f);
  for (int i = 0; i < 4; i++) r.set_(i, max(float(int(x << (24 - 8 * i)) >> 24) / 127.0f, -1.0f));
  return r;
}

enum class mem_flags : uint { mem_none = 0, mem_device = 1, mem_threadgroup = 2, mem_texture = 4, mem_threadgroup_imageblock = 8, mem_object_data = 16 };
constexpr mem_flags operator|(mem_flags a, mem_flags b) { return mem_flags(uint(a) | uint(b)); }
constexpr mem_flags operator&(mem_flags a, mem_flags b) { return mem_flags(uint(a) & uint(b)); }
enum memory_order { memory_order_relaxed, memory_order_acquire, memory_order_release, memory_order_acq_rel, memory_order_seq_cst };
enum thread_scope { thread_scope_thread, thread_scope_simdgroup, thread_scope_threadgroup, thread_scope_device };
template <class T> struct atomic { T value_; };
typedef atomic<int> atomic_int;
typedef atomic<uint> atomic_uint;
typedef atomic<float> atomic_float;
typedef atomic<bool> atomic_bool;
typedef atomic<ulong> atomic_ulong;

// The result of simd_ballot.
struct simd_vote {
  typedef ulong vote_t;
  ulong bits_;
  simd_vote() = default;
  explicit constexpr simd_vote(ulong bits) : bits_(bits) {}
  explicit constexpr operator ulong() const { return bits_; }
  bool all() const { return (uint)bits_ == 0xffffffffu; }
  bool any() const { return bits_ != 0; }
};
