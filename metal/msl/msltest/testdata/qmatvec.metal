// A quantized matrix-vector product in the way of llama.cpp's kernels: blocks
// of 32 weights with a half scale, one simdgroup for a row.
#include <metal_stdlib>
using namespace metal;

#define QK 32
typedef struct {
  half d;
  uint8_t qs[QK / 2];
} block_q4;
static_assert(sizeof(block_q4) == 18, "wrong block size");

typedef struct { int ne0; int ne1; } kargs_mv;

static inline float block_dot(device const block_q4 *b, float sumy, thread const float *yl) {
  float acc[2] = {0.f, 0.f};
  for (int i = 0; i < 16; i += 2) {
    acc[0] += yl[i] * (b->qs[i] & 0x0F) + yl[i + 1] * (b->qs[i + 1] & 0x0F);
    acc[1] += yl[i + 16] * (b->qs[i] >> 4) + yl[i + 17] * (b->qs[i + 1] >> 4);
  }
  return b->d * (sumy * -8.f + acc[0] + acc[1]);
}

template <typename args_t, int NSG>
void mul_mv_impl(args_t args, device const char *src0, device const char *src1, device char *dst, uint3 tgpig, ushort tiisg, ushort sgitg) {
  const int row = int(tgpig.x) * NSG + sgitg;
  if (row >= args.ne1) return;
  device const block_q4 *x = (device const block_q4 *)src0 + row * (args.ne0 / QK);
  device const float *y = (device const float *)src1;
  float yl[QK];
  float sumf = 0.f;
  for (int ib = tiisg; ib < args.ne0 / QK; ib += 32) {
    float sumy = 0.f;
    for (short i = 0; i < QK; ++i) {
      yl[i] = y[ib * QK + i];
      sumy += yl[i];
    }
    sumf += block_dot(x + ib, sumy, yl);
  }
  const float tot = simd_sum(sumf);
  if (tiisg == 0) ((device float *)dst)[row] = tot;
}

[[host_name("kernel_mul_mv_q4_f32")]]
kernel void kernel_mul_mv(constant kargs_mv &args, device const char *src0, device const char *src1, device char *dst,
                          uint3 tgpig [[threadgroup_position_in_grid]], ushort tiisg [[thread_index_in_simdgroup]],
                          ushort sgitg [[simdgroup_index_in_threadgroup]]) {
  mul_mv_impl<kargs_mv, 2>(args, src0, src1, dst, tgpig, tiisg, sgitg);
}
