// as_type, select, fma and the integer functions.
#include <metal_stdlib>
using namespace metal;

kernel void integers(device const uint *x [[buffer(0)]], device uint *out [[buffer(1)]], device float *floats [[buffer(2)]],
                     device ulong *longs [[buffer(3)]], uint i [[thread_position_in_grid]]) {
  const uint a = x[i], b = x[i] * 2654435761u;
  const int s = as_type<int>(b);
  device uint *o = out + i * 20;
  o[0] = popcount(a);
  o[1] = clz(a);
  o[2] = ctz(a);
  o[3] = reverse_bits(a);
  o[4] = rotate(a, 7u);
  o[5] = mulhi(a, b);
  o[6] = as_type<uint>(mulhi(s, int(a)));
  o[7] = absdiff(a, b);
  o[8] = extract_bits(b, 5, 9);
  o[9] = as_type<uint>(extract_bits(s, 5, 9));
  o[10] = insert_bits(a, b, 4, 12);
  o[11] = min(max(a, 16u), b);
  o[12] = as_type<uint>(abs(s));
  o[13] = clamp(a, 100u, 1000u);
  o[14] = select(a, b, a > b);
  o[15] = hadd(a, b);
  o[16] = addsat(a, b);
  o[17] = as_type<uint>(float(a));
  o[18] = as_type<uint>(half2(half(float(a % 2048)), 1.0h));
  o[19] = mad24(a & 0xffffu, 3u, 1u) + median3(a % 10u, 5u, 7u);
  const uchar4 bytes = as_type<uchar4>(a);
  const float f = fma(float(a % 100), 0.5f, -3.0f);
  floats[i * 2] = f + float(bytes.x) + float(bytes.w);
  floats[i * 2 + 1] = as_type<float>((a & 0x7fffffu) | 0x3f800000u);
  longs[i] = ulong(a) * ulong(b) + (ulong(popcount(ulong(b) << 20)) << 60);
}
