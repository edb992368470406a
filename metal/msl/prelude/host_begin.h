// Primitives the common prelude is built on, for a C++ compiler of the machine.
// The C library's functions are declared here: <math.h> of C++ takes a compiler
// longer than a kernel does.
extern "C" {
#define ASSAY_1(f) float f(float);
ASSAY_1(acosf) ASSAY_1(acoshf) ASSAY_1(asinf) ASSAY_1(asinhf) ASSAY_1(atanf) ASSAY_1(atanhf) ASSAY_1(ceilf) ASSAY_1(cosf)
ASSAY_1(coshf) ASSAY_1(erff) ASSAY_1(exp2f) ASSAY_1(expf) ASSAY_1(fabsf) ASSAY_1(floorf) ASSAY_1(log10f) ASSAY_1(log2f)
ASSAY_1(logf) ASSAY_1(rintf) ASSAY_1(roundf) ASSAY_1(sinf) ASSAY_1(sinhf) ASSAY_1(sqrtf) ASSAY_1(tanf) ASSAY_1(tanhf) ASSAY_1(truncf)
#undef ASSAY_1
#define ASSAY_2(f) float f(float, float);
ASSAY_2(atan2f) ASSAY_2(copysignf) ASSAY_2(fdimf) ASSAY_2(fmaxf) ASSAY_2(fminf) ASSAY_2(fmodf) ASSAY_2(hypotf) ASSAY_2(nextafterf) ASSAY_2(powf)
#undef ASSAY_2
float fmaf(float, float, float);
float frexpf(float, int*);
float ldexpf(float, int);
int ilogbf(float);
#ifndef __APPLE__
float exp10f(float);
#endif
}
namespace assay_target {
#ifdef __clang__
template <class To> constexpr bool saturates = true; // by a flag of the sim device
#define ASSAY_TO_(...)
#else
template <class To> constexpr bool saturates = false;
#define ASSAY_TO_(...) metal::to_<__VA_ARGS__>
#endif
inline float rsqrt(float x) { return 1.0f / ::sqrtf(x); }
inline float fast_exp(float x) { return ::expf(x); }
inline float fast_exp2(float x) { return ::exp2f(x); }
inline float fast_log(float x) { return ::logf(x); }
inline float fast_log2(float x) { return ::log2f(x); }
inline float fast_sin(float x) { return ::sinf(x); }
inline float fast_cos(float x) { return ::cosf(x); }
inline float fast_tanh(float x) { return ::tanhf(x); }
inline float fast_pow(float x, float y) { return ::powf(x, y); }
inline float fast_divide(float x, float y) { return x / y; }
inline float frexp(float x, int* e) { return ::frexpf(x, e); }
inline int popcount(unsigned long x) { return __builtin_popcountl(x); }
inline int clz(unsigned long x) { return __builtin_clzl(x); }
inline long mulhi(long a, long b) { return (long)((__int128)a * b >> 64); }
inline unsigned long mulhi(unsigned long a, unsigned long b) { return (unsigned long)((unsigned __int128)a * b >> 64); }
#ifdef __FLT16_MAX__
inline float half_to_float(unsigned short h) { return (float)__builtin_bit_cast(_Float16, h); }
inline unsigned short float_to_half(float f) { return __builtin_bit_cast(unsigned short, (_Float16)f); }
#else
#define ASSAY_SOFT_HALF_
#endif
}
#ifdef __APPLE__
inline float exp10f(float x) { return ::powf(10.0f, x); }
#endif
#define ASSAY_GLOBAL_ static
#define ASSAY_COPY_ __builtin_memcpy
#define ASSAY_LINE_ __builtin_LINE() // of a call, as a default argument
#define ASSAY_SITE_ , line // passes that on
#ifndef __clang__
#define __builtin_assume(x) ((void)0)
#endif
#if !defined(_INITIALIZER_LIST) && !defined(_LIBCPP_INITIALIZER_LIST)
namespace std {
template <class E> class initializer_list { // the compiler makes them of braces
  const E* begin_;
  decltype(sizeof 0) size_;
 public:
  constexpr initializer_list() : begin_(nullptr), size_(0) {}
  constexpr initializer_list(const E* begin, decltype(sizeof 0) size) : begin_(begin), size_(size) {}
  constexpr const E* begin() const { return begin_; }
  constexpr const E* end() const { return begin_ + size_; }
  constexpr decltype(sizeof 0) size() const { return size_; }
};
}
#endif
