// Threadgroup variables in every way that they are declared: each is one for the
// whole threadgroup.
#include <metal_stdlib>
using namespace metal;

struct Tile { float v[32]; };
template <int N> struct Block { typedef float row[N]; float at[N]; };

kernel void group_memory(device float *out, device const float *x, uint i [[thread_position_in_threadgroup]]) {
  threadgroup __attribute__((aligned(16))) float a[32];
  alignas(16) threadgroup float b[32];
  float threadgroup c[32];
  threadgroup alignas(16) float d[32], e[4][8];
  threadgroup float f[32] __attribute__((aligned(16)));
  threadgroup Block<32> g;
  threadgroup Tile h;
  threadgroup struct Tile k;
  threadgroup typename Block<32>::row m;
  threadgroup unsigned int n[32];
  threadgroup metal::array<float, 32> o;
  threadgroup float *p = a;
  threadgroup float (&q)[32] = b;
  const threadgroup float *r = &c[0];
  [[maybe_unused]] threadgroup decltype(x[0] + 1) s[32];
  float v = x[i];
  a[i] = v, b[i] = 2 * v, c[i] = 3 * v, d[i] = 4 * v, e[i / 8][i % 8] = 5 * v, f[i] = 6 * v, g.at[i] = 7 * v;
  h.v[i] = 8 * v, k.v[i] = 9 * v, m[i] = 10 * v, n[i] = 11 * i, o[i] = 12 * v, s[i] = 13 * v;
  threadgroup_barrier(mem_flags::mem_threadgroup);
  uint j = 31 - i;
  device float *y = out + 14 * i;
  y[0] = p[j], y[1] = q[j], y[2] = r[j], y[3] = d[j], y[4] = e[j / 8][j % 8], y[5] = f[j], y[6] = g.at[j];
  y[7] = h.v[j], y[8] = k.v[j], y[9] = m[j], y[10] = n[j], y[11] = o[j], y[12] = s[j], y[13] = 0;
}
