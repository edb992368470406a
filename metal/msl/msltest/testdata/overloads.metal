// Helpers that exist once per address space, members too, and classes with
// static members as generic kernels use them.
#include <metal_stdlib>
using namespace metal;

struct Complex {
  float re, im;
  Complex(float r, float i) thread : re(r), im(i) {}
  Complex() thread {}
  float norm() const thread { return re * re + im * im; }
  float norm() const device { return re * re + im * im; }
  float norm() const threadgroup { return re * re + im * im; }
};

inline float load(const device float *p) { return *p; }
inline float load(const threadgroup float *p) { return *p; }
inline float load(constant float *p) { return *p; }
METAL_FUNC void store(device float &to, float v) { to = v; }
METAL_FUNC void bump(thread float &v) { v += 1.0f; }

template <typename T> struct Limits { static constexpr constant T lowest = T(-100); static T clip(T v) { return v < lowest ? lowest : v; } };
template <> struct Limits<int> { static constexpr constant int lowest = -5; static int clip(int v) { return v < lowest ? lowest : v; } };

namespace detail {
template <int N> struct Loader {
  const device float *src;
  threadgroup float *dst;
  void load(uint i) const {
    for (int j = 0; j < N; j++) dst[i * N + j] = src[i * N + j];
  }
};
}

kernel void overloads(device const float *x [[buffer(0)]], device float *y [[buffer(1)]], device Complex *z [[buffer(2)]],
                      constant float *c [[buffer(3)]], uint i [[thread_position_in_threadgroup]]) {
  threadgroup float tile[64];
  detail::Loader<2> loader{x, tile};
  loader.load(i);
  threadgroup_barrier(mem_flags::mem_threadgroup);
  float v = load(tile + 63 - i) + load(x + i) + load(c);
  bump(v);
  z[i] = Complex(v, 2.0f);
  store(y[i], z[i].norm() + Limits<float>::clip(-1e6f) + float(Limits<int>::clip(int(v) - 1000)));
}
