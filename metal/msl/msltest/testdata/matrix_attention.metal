// Attention in one pass over the keys: two products per block, with a softmax
// between them whose scale goes onto the sum by a diagonal matrix.
#include <metal_stdlib>
#include <metal_simdgroup_matrix>
using namespace metal;

template <typename q8x8, typename kv_t, typename kv8x8, typename s8x8, int D>
kernel void attention(device const half *q [[buffer(0)]], device const kv_t *k [[buffer(1)]], device const kv_t *v [[buffer(2)]], device float *y [[buffer(3)]],
                      constant int &keys [[buffer(4)]], constant float &scale [[buffer(5)]], threadgroup half *shared [[threadgroup(0)]],
                      uint group [[threadgroup_position_in_grid]], ushort lane [[thread_index_in_simdgroup]]) {
  constexpr short D8 = D / 8, C = 32, width = 2 * C + 16;
  threadgroup half *sq = shared;                                      // 8 x D
  threadgroup float *ss = (threadgroup float *)(shared + 8 * D);      // 8 x (C scores, C weights, 8 x 8 of scales and 8 of padding)
  threadgroup float *diagonal = ss + 2 * C;
  for (short i = lane; i < 8 * D; i += 32) sq[i] = q[group * 8 * D + i];
  for (short i = lane; i < 8 * 8; i += 32) diagonal[(i / 8) * width + i % 8] = 0.0f;
  simdgroup_barrier(mem_flags::mem_threadgroup);

  q8x8 mq[D8];
  for (short i = 0; i < D8; i++) simdgroup_load(mq[i], sq + 8 * i, D);
  simdgroup_float8x8 lo[D8];
  for (short i = 0; i < D8; i++) lo[i] = make_filled_simdgroup_matrix<float, 8>(0.0f);
  float most[8], sum[8];
  for (short r = 0; r < 8; r++) most[r] = -INFINITY, sum[r] = 0.0f;

  for (int first = 0; first < keys; first += C) {
    for (short cc = 0; cc < C / 8; cc++) {
      simdgroup_float8x8 mqk = make_filled_simdgroup_matrix<float, 8>(0.0f);
      for (short i = 0; i < D8; i++) {
        kv8x8 mk;
        simdgroup_load(mk, k + (first + 8 * cc) * D + 8 * i, D, 0, true);
        simdgroup_multiply_accumulate(mqk, mq[i], mk, mqk);
      }
      simdgroup_store(mqk, ss + 8 * cc, width, 0, false);
    }
    simdgroup_barrier(mem_flags::mem_threadgroup);
    for (short r = 0; r < 8; r++) {
      const float s = ss[r * width + lane] * scale, m = most[r];
      most[r] = max(m, simd_max(s));
      const float keep = exp(m - most[r]), w = exp(s - most[r]);
      sum[r] = sum[r] * keep + simd_sum(w);
      ss[r * width + C + lane] = w;
      if (lane == r) diagonal[r * width + r] = keep;
    }
    simdgroup_barrier(mem_flags::mem_threadgroup);
    simdgroup_float8x8 keep;
    simdgroup_load(keep, diagonal, width);
    for (short i = 0; i < D8; i++) simdgroup_multiply(lo[i], keep, lo[i]);
    for (short cc = 0; cc < C / 8; cc++) {
      s8x8 weights;
      simdgroup_load(weights, ss + C + 8 * cc, width);
      for (short i = 0; i < D8; i++) {
        kv8x8 mv;
        simdgroup_load(mv, v + (first + 8 * cc) * D + 8 * i, D);
        simdgroup_multiply_accumulate(lo[i], weights, mv, lo[i]);
      }
    }
    simdgroup_barrier(mem_flags::mem_threadgroup);
  }
  for (short r = 0; r < 8; r++)
    if (lane == r) diagonal[r * width + r] = 1.0f / sum[r];
  simdgroup_barrier(mem_flags::mem_threadgroup);
  simdgroup_float8x8 over;
  simdgroup_load(over, diagonal, width);
  for (short i = 0; i < D8; i++) {
    simdgroup_multiply(lo[i], over, lo[i]);
    simdgroup_store(lo[i], y + group * 8 * D + 8 * i, D);
  }
}
typedef decltype(attention<simdgroup_half8x8, half, simdgroup_half8x8, simdgroup_float8x8, 32>) attention_t;
template [[host_name("attention_f16_d32")]] kernel attention_t attention<simdgroup_half8x8, half, simdgroup_half8x8, simdgroup_float8x8, 32>;
typedef decltype(attention<simdgroup_half8x8, bfloat, simdgroup_bfloat8x8, simdgroup_float8x8, 16>) attention_bf16_t;
template [[host_name("attention_bf16_d16")]] kernel attention_bf16_t attention<simdgroup_half8x8, bfloat, simdgroup_bfloat8x8, simdgroup_float8x8, 16>;
