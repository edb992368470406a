// Comes before every kernel source. A compilation is for one number format and,
// for quantized weights, one code width and group size:
//   ASSAY_T       float, half or bfloat: activations, scales and biases
//   ASSAY_SUFFIX  f16, or f16_b4_g64 for quantized weights
//   ASSAY_BITS, ASSAY_GROUP   for quantized weights only
#include <metal_stdlib>
using namespace metal;

// KERNEL(gather_qmm) is gather_qmm_f16_b4_g64: the kernel's host name.
#define ASSAY_PASTE_(op, suffix) op##_##suffix
#define ASSAY_PASTE(op, suffix) ASSAY_PASTE_(op, suffix)
#define KERNEL(op) ASSAY_PASTE(op, ASSAY_SUFFIX)

typedef ASSAY_T T;

inline float silu(float g) { return g / (1.0f + exp(-g)); }

// One step of a combine, Σ weight·value over a token's experts. fma with zero
// is a product that no compiler may fuse with the addition that follows.
struct CombineFP32 {
  static float round(float v) { return v; }
  static float step(float acc, float w, float v) { return fma(w, v, acc); }
};
struct CombineFP32NoFMA {
  static float round(float v) { return v; }
  static float step(float acc, float w, float v) { return acc + fma(w, v, 0.0f); }
};
struct CombineExact {
  static float round(float v) { return float(T(v)); }
  static float step(float acc, float w, float v) { return round(acc + round(fma(w, v, 0.0f))); }
};
