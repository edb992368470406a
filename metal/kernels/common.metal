// Comes before every other source in this folder. A compilation is for one
// number format and, for quantized weights, one code width and group size:
//   ASSAY_T       float, half or bfloat: activations, scales and biases
//   ASSAY_SUFFIX  f16, or f16_b4_g64 for quantized weights
//   ASSAY_BITS, ASSAY_GROUP   for quantized weights only
#include <metal_stdlib>
using namespace metal;

// KERNEL(gather_qmm) is gather_qmm_f16_b4_g64: the kernel's host name.
#define ASSAY_PASTE_(op, suffix) op##_##suffix
#define ASSAY_PASTE(op, suffix) ASSAY_PASTE_(op, suffix)
#define KERNEL(op) ASSAY_PASTE(op, ASSAY_SUFFIX)
