// From floats to integers that cannot hold them: the nearest value, and 0 of NaN,
// however the conversion is spelled.
#include <metal_stdlib>
using namespace metal;

template <class T> struct Holder { T value; };

// T and what a float, half or bfloat becomes as one.
template <class T, class F> void casts(F x, device T *o) {
  o[0] = static_cast<T>(x);
  o[1] = T(x);
  o[2] = (T)x;
  o[3] = vec<T, 2>(x).y;
  o[4] = vec<T, 4>(vec<F, 4>(F(1), F(2), F(3), x)).w;
  o[5] = vec<T, 2>(F(2), x).y;
  o[6] = vec<T, 3>{T(1), static_cast<T>(+x), T(3)}.y;
}
#define CASTS(T) \
  kernel void casts_##T(device const float *x [[buffer(0)]], device T *floats [[buffer(1)]], device T *halves [[buffer(2)]], device T *brains [[buffer(3)]], \
                        uint i [[thread_position_in_grid]]) { \
    casts<T>(x[i], floats + i * 10); \
    casts<T>(half(x[i]), halves + i * 7); \
    casts<T>(bfloat(x[i]), brains + i * 7); \
    const Holder<float> held = {x[i]}; \
    floats[i * 10 + 7] = (T)held.value; \
    floats[i * 10 + 8] = T(held.value + 0.0f) | (T)(x[i]); \
    floats[i * 10 + 9] = 1 * (T)-(-x[i]); \
  }
CASTS(char) CASTS(uchar) CASTS(short) CASTS(ushort) CASTS(int) CASTS(uint) CASTS(long) CASTS(ulong)

// A value that is assigned, passed or returned converts without being told to.
int passed(int x) { return x; }
uint returned(float x) { return x; }
kernel void implicit(device const float *x [[buffer(0)]], device int *out [[buffer(1)]], device uint *positive [[buffer(2)]], device bool *truth [[buffer(3)]],
                     uint i [[thread_position_in_grid]]) {
  out[i * 2] = x[i];
  out[i * 2 + 1] = passed(x[i]);
  positive[i] = returned(x[i]);
  truth[i * 3] = x[i];
  truth[i * 3 + 1] = bool(half(x[i]));
  truth[i * 3 + 2] = (bool)bfloat(x[i]);
}
