#include <metal_stdlib>
using namespace metal;

constant float by [[function_constant(0)]];
constant uint times [[function_constant(1)]];
constant bool log_out [[function_constant(2)]];

struct pair { half a, b; };

kernel void typed(
    device const half *halves,
    device const uchar4 *raw,
    device const pair *pairs,
    constant uint &n,
    constant int &m,
    device float *out,
    uint i [[thread_position_in_grid]]) {
  out[i] = float(halves[i]) + float(raw[i].x) + float(pairs[i].a) + float(int(n) + m);
}

kernel void chosen(
    device const half *halves,
    device const uchar4 *raw,
    device const pair *pairs,
    constant uint &n,
    constant int &m,
    device float *out,
    uint i [[thread_position_in_grid]]) {
  out[i] = float(halves[i]) * by * float(times);
  if (log_out) out[i] = log(out[i]);
}

kernel void drawn(texture2d<float> t [[texture(0)]], device float *out, uint i [[thread_position_in_grid]]) {
  out[i] = t.read(uint2(i, 0)).x;
}
