// Arms of ?: of which one is a float: so is the result.
#include <metal_stdlib>
using namespace metal;

struct Pair { float a; uint few : 4; Pair(float v) thread : a(v), few(3) {} };

inline float kind(float) { return 1.0f; }
inline float kind(half) { return 2.0f; }

template <typename T, int A, int B> T plus(T v) { return v + T(A + B); }

template <typename T>
kernel void chosen(device const T *x [[buffer(0)]], device const bfloat *b [[buffer(1)]], device const int *n [[buffer(2)]],
                        device float *out [[buffer(3)]], device float4 *v [[buffer(4)]], constant float4 &w [[buffer(5)]],
                        uint i [[thread_position_in_grid]]) {
  device float *o = out + i * 12;
  o[0] = n[i] > 3 ? x[i] : 0.0f;
  o[1] = n[i] > 3 ? -1.5f : b[i];
  o[2] = n[i] > 3 ? n[i] : 0.25;
  o[3] = n[i] > 6 ? x[i] : n[i] > 3 ? b[i] : 5e-1f;
  o[4] = n[i] > 6 ? n[i] > 7 ? x[i] : 0.5f : b[i];
  o[5] = max(n[i] > 3 ? plus<T, 1, 2>(x[i]) : INFINITY, n[i] < 2 ? -INFINITY : plus<T, 3, -1>(x[i]));
  o[6] = n[i] > 3 ? x[i] : float(b[i]);
  o[7] = kind(n[i] > 3 ? x[i] : 0.0f) + kind(n[i] > 3 ? half(x[i]) : 1.0h);
  o[8] = (n[i] > 3 ? Pair(2.0f) : 0.5f).a;
  Pair p(x[i]);
  o[9] = n[i] > 3 ? p.few : 0.5f;
  o[10] = n[i] > 3 ? 1.0f : 0.0f;
  switch (n[i]) {
  case true ? 2 : 3: o[11] = n[i] > 3 ? 0.0f : x[i]; break;
  default: o[11] = n[i] > 3 ? 0.0f : x[i] + T(1);
  }
  v[i] = n[i] > 3 ? w : 0.5f;
}
template [[host_name("chosen_f16")]] [[kernel]] decltype(chosen<half>) chosen<half>;
template [[host_name("chosen_bf16")]] [[kernel]] decltype(chosen<bfloat>) chosen<bfloat>;
template [[host_name("chosen_f32")]] [[kernel]] decltype(chosen<float>) chosen<float>;
