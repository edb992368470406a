// Mixtures of address spaces beside what only looks like one: a line with
// "refused" must be reported, and no other.
#include <metal_stdlib>
using namespace metal;

struct Params { uint n; float scale; float twice() const { return 2.0f * scale; } };
struct View { const device float *data; };
typedef const device float *input;

float first(const thread float *p) { return p[0]; }
float second(const device float *p, uint i) { return p[i]; }
float third(const device float *p, uint i) { return p[i]; }
float third(const threadgroup float *p, uint i) { return p[i]; }
float scaled(Params p, float x) { return p.scale * x; }

template <typename T> kernel void mixes(const device T *x [[buffer(0)]], device T *y [[buffer(1)]], constant Params &p [[buffer(2)]],
                                        threadgroup T *s [[threadgroup(0)]], uint i [[thread_position_in_grid]]) {
  const T *row = x + i;               // refused
  thread T *out;
  out = y;                            // refused
  View v{s};                          // refused
  input in = s;                       // refused
  T &element = y[i];                  // refused
  const T *cast = static_cast<const T *>(x); // refused
  bool same = x == s;                 // refused
  T local[4] = {T(1), T(2), T(3), T(4)};
  device T *d = local;                // refused
  y[i] = T(first(x));                 // refused
  y[i] = T(first(local)) + T(third(local, i)); // refused
  y[i] += T(third(x, i) + third(s, i)) + row[0] + T(same) + cast[0] + T(v.data[0]) + T(in[0]) + element + d[0] + out[0];
}
template [[host_name("mixes_f32")]] [[kernel]] decltype(mixes<float>) mixes<float>;

kernel void fine(const device float *x [[buffer(0)]], device Params *q [[buffer(1)]], constant Params &p [[buffer(2)]], threadgroup float4 *s [[threadgroup(0)]],
                 device float *y [[buffer(3)]], uint i [[thread_position_in_grid]]) {
  Params copy = p;      // a structure copied whole
  q[i] = copy;
  Params back = q[i];
  array<float, 4> unknown_to_the_check = {1, 2, 3, 4};
  threadgroup float *flat = (threadgroup float *)s;
  auto row = x + i;
  constant float *scale = &p.scale;
  const device uint *bits = reinterpret_cast<const device uint *>(x);
  y[i] = copy.twice() + back.scale + p.twice() + scaled(p, row[0]) + second(x, i) + *scale + float(bits[0]) + flat[0] + unknown_to_the_check[1];
}
