// Matrices as blocks of sixteen numbers, dequantized by reference, and the
// pointer casts that go with them.
#include <metal_stdlib>
using namespace metal;

struct block { half scale; half low; uchar q[16]; };

template <typename type4x4>
void dequantize(device const block *xb, thread type4x4 &reg) {
  device const uint16_t *words = ((device const uint16_t *)xb + 2);
  const float d = xb->scale, m = xb->low;
  for (int i = 0; i < 8; i++) {
    reg[i / 2][2 * (i % 2)] = d * float(words[i] & 0xff) + m;
    reg[i / 2][2 * (i % 2) + 1] = d * float(words[i] >> 8) + m;
  }
}

template <typename block_q, short nl, void (*dequantize_func)(device const block_q *, thread float4x4 &)>
kernel void get_rows(device const void *src [[buffer(0)]], device const int *ids [[buffer(1)]], device float *dst [[buffer(2)]],
                     uint3 tgpig [[threadgroup_position_in_grid]], uint tiitg [[thread_index_in_threadgroup]]) {
  const int row = ids[tgpig.x];
  float4x4 temp;
  dequantize_func((device const block_q *)src + row * nl + tiitg, temp);
  *(((device float4x4 *)(dst + tgpig.x * nl * 16)) + tiitg) = temp;
  const float4 ones = temp * float4(1.0f);
  if (ones.x < 0.0f) dst[0] = NAN;
}

typedef decltype(get_rows<block, 2, dequantize>) get_rows_block_t;
template [[host_name("get_rows_block")]] kernel get_rows_block_t get_rows<block, 2, dequantize>;

// Blocks change their element type as a whole.
kernel void convert_blocks(device const float2x4 *x [[buffer(0)]], device half2x4 *y [[buffer(1)]], device float2x4 *z [[buffer(2)]], uint i [[thread_position_in_grid]]) {
  y[i] = (half2x4)x[i];
  z[i] = float2x4(y[i]);
}
