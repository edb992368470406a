// Overloads for float, bfloat and a class with a converting constructor: a half
// is promoted to float, as is a bfloat without an overload of its own.
#include <metal_stdlib>
using namespace metal;

struct os_log { // a name of Metal's, in a namespace of the source's own
  int level;
};

namespace mine {
struct os_log {
  constexpr os_log(constant char *, constant char *) constant {}
  template <typename... Args> void log_debug(constant char *, Args...) const thread {}
  template <typename... Args> void log_debug(constant char *, Args...) const constant {}
};
constant os_log logger("a", "b");

template <class T> static constexpr constant bool is_pair = false;
struct pair {
  float a, b;
  constexpr pair(float a, float b) : a(a), b(b) {}
  template <class U, class = enable_if_t<is_convertible_v<U, float>>> constexpr pair(U x) thread : a(static_cast<float>(x)), b(0) {}
  template <class U, class = enable_if_t<is_convertible_v<float, U>>> constexpr operator U() const thread { return static_cast<U>(a); }
};
template <> constexpr constant bool is_pair<pair> = true;
inline float twice(float x) { return 2.0f * x; }
inline bfloat twice(bfloat x) { return bfloat(3.0f * float(x)); }
inline pair twice(pair x) { return pair(4 * x.a, x.b); }
}
inline float kind(float x, uint n) { return x + float(n); }
inline float kind(mine::pair x, uint n) { return -x.a; }
inline half own(half x) { return x + 1.0h; }
inline float own(float x) { return x + 100.0f; }
inline float own(mine::pair x) { return -x.a; }

template <class T> float chosen(T x, float y, bool c) { return c ? x : (x + y); }
struct Twice {
  template <class T> T operator()(T x) { mine::logger.log_debug("%f", x); return mine::twice(x); }
};

kernel void ranking(device const float *x [[buffer(0)]], device float *out [[buffer(1)]], uint i [[thread_position_in_grid]]) {
  const os_log mine = {1};
  device float *o = out + i * 14;
  o[0] = Twice{}(x[i]);
  o[1] = Twice{}(half(x[i]));
  o[2] = Twice{}(bfloat(x[i]));
  o[3] = Twice{}(mine::pair(x[i], 1)).a;
  o[4] = kind(half(x[i]), 3u);
  o[5] = kind(bfloat(x[i]), 3u) + float(mine.level - 1);
  o[6] = own(half(x[i]));
  o[7] = own(bfloat(x[i]));
  o[8] = is_same_v<decltype(mine::twice(half(1))), float> ? 1.0f : 0.0f;
  const float small = 0.0001f; // too small for the sum to be a half
  o[10] = chosen(half(x[i]), small, i % 2 == 0) == x[i] ? 1.0f : 0.0f;
  o[11] = (i % 2 ? half(x[i]) : bfloat(x[i]) * bfloat(2)) - x[i];
  o[12] = sizeof(i % 2 ? half(x[i]) : half(x[i]) + small) + 10 * sizeof(i % 2 ? half(x[i]) + half(1) : half(x[i]));
  o[13] = i % 2 ? x[i] : 2 * i + half(1);
  o[9] = is_convertible_v<half, bfloat> || is_convertible_v<bfloat, half> ? 1.0f : 0.0f;
}
