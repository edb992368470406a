// Constructors, classes and members that exist once per address space; static
// members defined again; arms of ?: that are integer literals; ranges of elements
// whose ends are constants.
#include <metal_stdlib>
using namespace metal;

template <typename T> struct pair_of {
  T a;
  float b;
  constexpr pair_of() = default;
  constexpr pair_of() threadgroup = default;
  constexpr pair_of(T x, float y) : a(x), b(y) {}
  float sum() const thread;
  float sum() const device;
};
template <typename T> float pair_of<T>::sum() const thread { return a + b; }

template <typename T> struct target_of { typedef int type; };
template <typename T> struct target_of<thread T *> { using type = remove_cv_t<T>; };
template <typename T> struct target_of<device T *> { using type = remove_cv_t<T>; };
template <typename T> struct target_of<threadgroup T *> { using type = remove_cv_t<T>; };

struct table { static constant constexpr const float row[2][2] = {{1.5f, 2.5f}, {3.5f, 4.5f}}; };
constant constexpr const float table::row[2][2];

template <short N> float four(float v) {
  float a[N] = {[0 ... N - 1] = -v / 2}, b[2 * N] = {[0 ... N] = 1.0f};
  float s = 0;
  for (int i = 0; i < N; i++) s += a[i];
  for (int i = 0; i < 2 * N; i++) s += 100 * b[i];
  return s;
}

kernel void by_space(device float *y, device const half *x, device const uchar *c, uint i [[thread_position_in_grid]]) {
  pair_of<typename target_of<device const half *>::type> p(x[i], 2);
  threadgroup pair_of<float> shared[4];
  shared[i].a = p.sum();
  half h = i > 1 ? x[i] : 0;
  half g = i > 1 ? 3 : i > 0 ? x[i] : -1;
  int n = i > 1 ? c[i] : 300;
  bool even = i % 2 == 0;
  int m = i > 2 ? even : 7;
  device const half *q = i > 2 ? x : 0;
  y[i] = shared[i].a + table::row[i / 2][i % 2] + 10 * h + 100 * g + 1000 * n + 10000 * m + (q ? 0.25f : 0) + four<3>(x[i]) + sizeof(i > 1 ? c[i] : 0);
}
