// Packed vectors have no padding and their elements' alignment.
#include <metal_stdlib>
using namespace metal;

struct Vertex {
  packed_float3 position;
  packed_uchar4 color;
  packed_half2 uv;
};
static_assert(sizeof(Vertex) == 20, "layout");
static_assert(sizeof(float3) == 16, "layout");

kernel void pack(device const packed_float3 *x [[buffer(0)]], device Vertex *out [[buffer(1)]], device packed_float3 *sums [[buffer(2)]],
                 uint i [[thread_position_in_grid]]) {
  const float3 p = x[i];
  Vertex v;
  v.position = packed_float3(p * 2.0f);
  v.color = packed_uchar4(uchar(i), uchar(i + 1), uchar(i + 2), 255);
  v.uv = packed_half2(half2(p.xy));
  out[i] = v;
  packed_float3 s = x[i];
  s += float3(1.0f, 2.0f, 3.0f);
  s[1] = x[i].z;
  sums[i] = s;
}
