// Declarations, loose about values and exact about pointers, for a compiler
// that checks address spaces and generates nothing.
typedef unsigned char uchar;
typedef unsigned short ushort;
typedef unsigned int uint;
typedef unsigned long ulong;
typedef signed char int8_t;
typedef unsigned char uint8_t;
typedef short int16_t;
typedef unsigned short uint16_t;
typedef int int32_t;
typedef unsigned int uint32_t;
typedef long int64_t;
typedef unsigned long uint64_t;
typedef unsigned long size_t;
typedef long ptrdiff_t;
typedef _Float16 half;
typedef __fp16 bfloat; // another 16-bit type that computes

template <class T, int N> struct vec_type_;
#define ASSAY_VECTOR_(T, N) typedef T T##N __attribute__((ext_vector_type(N))); template <> struct vec_type_<T, N> { typedef T##N type; };
#define ASSAY_VECTORS_(T) ASSAY_VECTOR_(T, 2) ASSAY_VECTOR_(T, 3) ASSAY_VECTOR_(T, 4) \
  typedef T##2 packed_##T##2; typedef T##3 packed_##T##3; typedef T##4 packed_##T##4; // sizes are not what is checked
ASSAY_VECTORS_(char) ASSAY_VECTORS_(uchar) ASSAY_VECTORS_(short) ASSAY_VECTORS_(ushort) ASSAY_VECTORS_(int) ASSAY_VECTORS_(uint)
ASSAY_VECTORS_(long) ASSAY_VECTORS_(ulong) ASSAY_VECTORS_(half) ASSAY_VECTORS_(float) ASSAY_VECTORS_(bfloat)
typedef int bool2 __attribute__((ext_vector_type(2)));
typedef int bool3 __attribute__((ext_vector_type(3)));
typedef int bool4 __attribute__((ext_vector_type(4)));
template <class T, int N> using vec = typename vec_type_<T, N>::type;
template <class V, class... A> constexpr V vec_make_(A...) { return V(); }

template <class T, int C, int R> struct matrix {
  vec<T, R> columns_[C];
  vec<T, R>& operator[](int);
  const vec<T, R>& operator[](int) const;
  vec<T, R> operator*(vec<T, C>) const;
};
typedef matrix<float, 4, 4> float4x4;
typedef matrix<half, 4, 4> half4x4;

constexpr half half_bits_(int) { return half(0); }
constexpr bfloat bfloat_bits_(int) { return bfloat(0.0f); }
constexpr float bits_as_const_(uint) { return 0.0f; }

#define ASSAY_GLOBAL_ static
template <class T> T& shared_();
template <class To, class From> To as_type(From);
template <class A, class B> struct is_same { static constexpr bool value = false; };
template <class A> struct is_same<A, A> { static constexpr bool value = true; };
template <class A, class B> constexpr bool is_same_v = is_same<A, B>::value;
template <bool B, class T = void> struct enable_if {};
template <class T> struct enable_if<true, T> { typedef T type; };
template <bool B, class T = void> using enable_if_t = typename enable_if<B, T>::type;
template <bool B, class A, class C> struct conditional { typedef A type; };
template <class A, class C> struct conditional<false, A, C> { typedef C type; };
template <bool B, class A, class C> using conditional_t = typename conditional<B, A, C>::type;
template <class T> struct numeric_limits {
  static constexpr T min() { return T(0); }
  static constexpr T max() { return T(0); }
  static constexpr T lowest() { return T(0); }
  static constexpr T epsilon() { return T(0); }
  static constexpr T infinity() { return T(0); }
};

#define ASSAY_1(N) template <class T> T N(T);
#define ASSAY_2(N) template <class A, class B> auto N(A a, B b) -> decltype(a + b);
#define ASSAY_3(N) template <class A, class B, class C> auto N(A a, B b, C c) -> decltype(a + b + c);
#define ASSAY_MATH_                                                                          \
  ASSAY_1(acos) ASSAY_1(acosh) ASSAY_1(asin) ASSAY_1(asinh) ASSAY_1(atan) ASSAY_1(atanh) ASSAY_1(cosh) ASSAY_1(sinh) ASSAY_1(tan) \
  ASSAY_1(ceil) ASSAY_1(floor) ASSAY_1(rint) ASSAY_1(round) ASSAY_1(trunc) ASSAY_1(fabs) ASSAY_1(sqrt) ASSAY_1(fract) ASSAY_1(sign) \
  ASSAY_1(saturate) ASSAY_1(exp) ASSAY_1(exp2) ASSAY_1(exp10) ASSAY_1(log) ASSAY_1(log2) ASSAY_1(log10) ASSAY_1(sin) ASSAY_1(cos) \
  ASSAY_1(tanh) ASSAY_1(rsqrt) ASSAY_1(abs) ASSAY_1(normalize) ASSAY_1(sinpi) ASSAY_1(cospi) \
  ASSAY_2(atan2) ASSAY_2(fmod) ASSAY_2(fmax) ASSAY_2(fmin) ASSAY_2(fdim) ASSAY_2(copysign) ASSAY_2(step) ASSAY_2(pow) ASSAY_2(powr) \
  ASSAY_2(divide) ASSAY_2(min) ASSAY_2(max) ASSAY_3(mix) ASSAY_3(smoothstep) ASSAY_3(clamp) ASSAY_3(fma) ASSAY_3(min3) ASSAY_3(max3) ASSAY_3(median3)
ASSAY_MATH_
namespace precise { ASSAY_MATH_ }
namespace fast { ASSAY_MATH_ }
ASSAY_1(popcount) ASSAY_1(clz) ASSAY_1(ctz) ASSAY_1(reverse_bits)
ASSAY_2(mulhi) ASSAY_2(rotate) ASSAY_2(absdiff) ASSAY_2(hadd) ASSAY_2(rhadd) ASSAY_2(addsat) ASSAY_2(subsat) ASSAY_2(mul24) ASSAY_3(mad24)
template <class T> T extract_bits(T, uint, uint);
template <class T> T insert_bits(T, T, uint, uint);
template <class A, class B, class C> A select(A, B, C);
template <class T> bool isnan(T);
template <class T> bool isinf(T);
template <class T> bool isfinite(T);
template <class T> bool signbit(T);
template <class T> bool any(T);
template <class T> bool all(T);
template <class T> auto dot(T a, T b) -> decltype(a[0] + b[0]);
template <class T> auto length(T a) -> decltype(a[0] + a[0]);
template <class T> auto distance(T a, T b) -> decltype(a[0] + b[0]);
template <class T> T cross(T, T);
float frexp(float, int&);
template <class T> T ldexp(T, int);

enum class mem_flags : uint { mem_none, mem_device, mem_threadgroup, mem_texture = 4 };
constexpr mem_flags operator|(mem_flags a, mem_flags b) { return mem_flags(uint(a) | uint(b)); }
enum memory_order { memory_order_relaxed, memory_order_acquire, memory_order_release, memory_order_acq_rel, memory_order_seq_cst };
enum thread_scope { thread_scope_thread, thread_scope_simdgroup, thread_scope_threadgroup, thread_scope_device };
void threadgroup_barrier(mem_flags);
void simdgroup_barrier(mem_flags);
void atomic_thread_fence(mem_flags, memory_order, thread_scope = thread_scope_device);

#define ASSAY_SIMD_(N) ASSAY_1(simd_##N) ASSAY_1(quad_##N)
ASSAY_SIMD_(sum) ASSAY_SIMD_(product) ASSAY_SIMD_(min) ASSAY_SIMD_(max) ASSAY_SIMD_(and) ASSAY_SIMD_(or) ASSAY_SIMD_(xor)
ASSAY_1(simd_broadcast_first) ASSAY_1(simd_prefix_inclusive_sum) ASSAY_1(simd_prefix_exclusive_sum)
ASSAY_1(simd_prefix_inclusive_product) ASSAY_1(simd_prefix_exclusive_product)
#define ASSAY_MOVE_(N) template <class T> T N(T, ushort);
ASSAY_MOVE_(simd_broadcast) ASSAY_MOVE_(simd_shuffle) ASSAY_MOVE_(simd_shuffle_xor) ASSAY_MOVE_(simd_shuffle_up) ASSAY_MOVE_(simd_shuffle_down)
ASSAY_MOVE_(simd_shuffle_rotate_up) ASSAY_MOVE_(simd_shuffle_rotate_down) ASSAY_MOVE_(quad_broadcast) ASSAY_MOVE_(quad_shuffle) ASSAY_MOVE_(quad_shuffle_xor)
template <class T> T simd_shuffle_and_fill_up(T, T, ushort, ushort = 32);
template <class T> T simd_shuffle_and_fill_down(T, T, ushort, ushort = 32);
struct simd_vote { typedef ulong vote_t; explicit operator ulong() const; bool all() const; bool any() const; };
simd_vote simd_ballot(bool);
simd_vote simd_active_threads_mask();
bool simd_all(bool);
bool simd_any(bool);
bool simd_is_first();

// Matrices of a simdgroup: a pointer into whatever space the elements live in.
template <class T, int C, int R = C> struct simdgroup_matrix { simdgroup_matrix() = default; simdgroup_matrix(T); vec<T, 2>& thread_elements(); const vec<T, 2>& thread_elements() const; };
typedef simdgroup_matrix<float, 8, 8> simdgroup_float8x8;
typedef simdgroup_matrix<half, 8, 8> simdgroup_half8x8;
typedef simdgroup_matrix<bfloat, 8, 8> simdgroup_bfloat8x8;
template <class T, int C, int R = C> simdgroup_matrix<T, C, R> make_filled_simdgroup_matrix(T);
template <class T, int C, int R = C> simdgroup_matrix<T, C, R> make_diagonal_simdgroup_matrix(T);
template <class M, class P> void simdgroup_load(M&, P, ulong = 8, ulong2 = 0, bool = false);
template <class M, class P> void simdgroup_store(M, P, ulong = 8, ulong2 = 0, bool = false);
template <class D, class A, class B, class C> void simdgroup_multiply_accumulate(D&, A, B, C);
template <class D, class A, class B> void simdgroup_multiply(D&, A, B);
template <class T, int C, int R> simdgroup_matrix<T, C, R> operator*(simdgroup_matrix<T, C, R>, simdgroup_matrix<T, C, R>);

// Atomics take a pointer into whatever space the atomic lives in.
template <class T> struct atomic { T value_; };
typedef atomic<int> atomic_int;
typedef atomic<uint> atomic_uint;
typedef atomic<float> atomic_float;
template <class P> auto atomic_load_explicit(P p, memory_order) -> decltype(p->value_ + 0);
template <class P, class V> void atomic_store_explicit(P, V, memory_order);
#define ASSAY_ATOMIC_(N) template <class P, class V> auto atomic_##N##_explicit(P p, V, memory_order) -> decltype(p->value_ + 0);
ASSAY_ATOMIC_(exchange) ASSAY_ATOMIC_(fetch_add) ASSAY_ATOMIC_(fetch_sub) ASSAY_ATOMIC_(fetch_min) ASSAY_ATOMIC_(fetch_max)
ASSAY_ATOMIC_(fetch_and) ASSAY_ATOMIC_(fetch_or) ASSAY_ATOMIC_(fetch_xor)
template <class P, class T, class V> bool atomic_compare_exchange_weak_explicit(P, T*, V, memory_order, memory_order);
