// Primitives the common prelude is built on, for NVRTC.
namespace assay_target {
template <class To> constexpr bool saturates = sizeof(To) == 4; // PTX makes 8 and 16 bits by way of 32, and a long of NaN not 0
#define ASSAY_TO_(...) metal::to_<__VA_ARGS__>
inline float rsqrt(float x) { return ::rsqrtf(x); }
inline float fast_exp(float x) { return ::__expf(x); }
inline float fast_exp2(float x) { float r; asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(r) : "f"(x)); return r; }
inline float fast_log(float x) { return ::__logf(x); }
inline float fast_log2(float x) { return ::__log2f(x); }
inline float fast_sin(float x) { return ::__sinf(x); }
inline float fast_cos(float x) { return ::__cosf(x); }
inline float fast_tanh(float x) { float r; asm("tanh.approx.f32 %0, %1;" : "=f"(r) : "f"(x)); return r; }
inline float fast_pow(float x, float y) { return ::__powf(x, y); }
inline float fast_divide(float x, float y) { return ::__fdividef(x, y); }
inline float frexp(float x, int* e) { return ::frexpf(x, e); }
inline int popcount(unsigned long x) { return ::__popcll(x); }
inline int clz(unsigned long x) { return ::__clzll(x); }
inline long mulhi(long a, long b) { return ::__mul64hi(a, b); }
inline unsigned long mulhi(unsigned long a, unsigned long b) { return ::__umul64hi(a, b); }
inline float half_to_float(unsigned short h) { float f; asm("cvt.f32.f16 %0, %1;" : "=f"(f) : "h"(h)); return f; }
inline unsigned short float_to_half(float f) { unsigned short h; asm("cvt.rn.f16.f32 %0, %1;" : "=h"(h) : "f"(f)); return h; }
// The lane's elements of products of 16 by 8 and 8 by 8 matrices (PTX ISA:
// mma.m16n8k8). Of 16-bit types rows 8 to 15 of A are 0 and left out.
#define ASSAY_MMA_(NAME, T)                                                                  \
  inline void NAME(float& x, float& y, unsigned a, unsigned b) {                            \
    float rest0, rest1;                                                                     \
    asm volatile("mma.sync.aligned.m16n8k8.row.col.f32." T "." T ".f32 {%0, %1, %2, %3}, {%4, %5}, {%6}, {%7, %7, %7, %7};" \
                 : "=f"(x), "=f"(y), "=f"(rest0), "=f"(rest1) : "r"(a), "r"(0), "r"(b), "f"(0.0f)); }
ASSAY_MMA_(mma_half, "f16")
#if __CUDA_ARCH__ >= 800
#define ASSAY_AMPERE_ true
ASSAY_MMA_(mma_bfloat, "bf16")
inline void mma_tf32(float* d, float a0, float a1, float a2, float a3, float b0, float b1) {
  asm volatile("mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%10, %10, %10, %10};"
               : "=f"(d[0]), "=f"(d[1]), "=f"(d[2]), "=f"(d[3])
               : "r"(__float_as_uint(a0)), "r"(__float_as_uint(a1)), "r"(__float_as_uint(a2)), "r"(__float_as_uint(a3)), "r"(__float_as_uint(b0)), "r"(__float_as_uint(b1)), "f"(0.0f));
}
#else
#define ASSAY_AMPERE_ false
void mma_bfloat(float&, float&, unsigned, unsigned);
void mma_tf32(float*, float, float, float, float, float, float);
#endif
}
extern __shared__ __align__(16) unsigned char assay_dynamic[];
#define ASSAY_GLOBAL_ static __device__
#define ASSAY_COPY_ ::memcpy
#define ASSAY_LINE_ 0 // only sim asks where a call stands
#define ASSAY_SITE_
