// half and bfloat beside integers and classes.
#include <metal_stdlib>
using namespace metal;

// An integer becomes the small type before it meets a number of it.
template <class T> void mix(T x, uint n, device float *o) {
  o[0] = x + n * x;
  o[1] = x * int(n);
  o[2] = n / x;
  o[3] = n == T(256) ? 1 : 0;
  T sum = x;
  sum += n;
  o[4] = sum;
  o[5] = n + 0.5f * x; // a float is no small type
}
kernel void integers_beside(device const float *x [[buffer(0)]], device const uint *n [[buffer(1)]], device float *halves [[buffer(2)]],
                            device float *brains [[buffer(3)]], uint i [[thread_position_in_grid]]) {
  mix(half(x[i]), n[i], halves + i * 6);
  mix(bfloat(x[i]), n[i], brains + i * 6);
}

// What a class converts to goes on to the small type.
struct Flag {
  char x;
  constexpr operator bool() thread { return true; }
  constexpr operator bool() const device { return true; }
};
struct Scale {
  uchar bits;
  operator bfloat() thread { return as_type<bfloat>(ushort(bits << 7)); }
  operator float() thread { return as_type<float>(uint(bits) << 23); }
};
struct Eighth {
  uchar bits;
  operator half() thread { return half(bits) / 8; }
  operator float() thread { return -1; } // half has a conversion of its own
};
kernel void classes(device const uchar *b [[buffer(0)]], device float *o [[buffer(1)]], device const Flag *flag [[buffer(2)]], uint i [[thread_position_in_grid]]) {
  uchar bits = b[i];
  o[i * 5] = half(*(thread Scale*)(&bits));
  o[i * 5 + 1] = bfloat(*(thread Scale*)(&bits));
  o[i * 5 + 2] = half(*(thread Eighth*)(&bits));
  auto f = flag[0];
  half set;
  set = f;
  o[i * 5 + 3] = set;
  o[i * 5 + 4] = bfloat(f);
}

// Two kernel templates of one name, told apart by their template arguments.
template <class T, class M, int N, bool plus>
[[kernel]] void chosen(device const T *x [[buffer(0)]], device M *o [[buffer(1)]], uint i [[thread_position_in_grid]]) {
  o[i] = plus ? M(x[i] + N) : M(x[i] - N);
}
template <class T, int N, bool plus = true>
[[kernel]] void chosen(device const T *x [[buffer(0)]], device int *o [[buffer(1)]], uint i [[thread_position_in_grid]]) {
  o[i] = plus ? int(x[i] * N) : int(x[i] / N);
}
template [[host_name("chosen_typed")]] [[kernel]] decltype(chosen<float, float, 3, false>) chosen<float, float, 3, false>;
template [[host_name("chosen_int")]] [[kernel]] decltype(chosen<float, 3>) chosen<float, 3>;
