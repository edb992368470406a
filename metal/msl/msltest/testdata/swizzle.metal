// Vector constructors, operators and swizzles, read and written.
#include <metal_stdlib>
using namespace metal;

struct Pixel { float r, g; float2 xy; }; // members named like components

kernel void swizzle(device const float4 *x [[buffer(0)]], device float4 *out [[buffer(1)]], device int4 *ints [[buffer(2)]],
                    uint tid [[thread_position_in_grid]]) {
  const float4 v = x[tid];
  device float4 *o = out + tid * 10;
  o[0] = v.wzyx;
  o[1] = float4(v.xy, v.zw.yx);
  float4 w = v;
  w.xz = v.yw * 2.0f;
  w.w += 1.0f;
  o[2] = w;
  w.zw *= float2(3.0f, 5.0f);
  w.yx = w.xy;
  o[3] = w;
  float3 c = cross(v.xyz, float3(1, 2, 3));
  o[4] = float4(c, dot(v, v));
  o[5] = v * 2.0f + 1.0f - v / float4(1, 2, 4, 8);
  float4 indexed = 0.0f;
  for (int i = 0; i < 4; i++) indexed[i] = v[3 - i] * float(i);
  o[6] = indexed;
  o[7] = select(v, -v, v > float4(0.5f));
  o[8] = vec<float, 4>(float2(length(v.xy), distance(v.xy, v.zw)), any(v > 2.0f) ? 1.0f : 0.0f, all(v < 100.0f) ? 1.0f : 0.0f);
  Pixel p;
  p.r = v.x;
  p.g = v.y;
  p.xy = float2(p.g, p.r);
  o[9] = float4(p.xy, p.r, p.g);
  int4 k = int4(v);
  k = (k << 2 | int4(1)) ^ (k & 3);
  k %= 7;
  uchar4 bytes = uchar4(uint4(k) & 0xffu);
  ints[tid * 3] = k;
  ints[tid * 3 + 1] = int4(bytes.x, bytes.y, bytes.z, bytes.w) + int4(v.x < v.y, v.y < v.z, 0, 1);
  ints[tid * 3 + 2] = int4(min(k, int4(2)).xyz, max(k.w, 1));
}
