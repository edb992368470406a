// Shift counts are masked with 31 or 63: variable ones, negative ones, and those
// that are too large when they are written.
#include <metal_stdlib>
using namespace metal;

enum Shape { Wide = 1 << 4, Count = 33 };
template <int N> uint by(uint x) { return x << N; }
template <class A, class B> struct Pair { A a; B b; };
template <class T> T left(T x, T n) { return x << n; }
template <class T> T right(T x, T n) { return x >> n; }

// A type with a shift of its own.
struct Chars {
  uint n;
  thread Chars& operator<<(uint c) { n = n * 10 + c; return *this; }
};

kernel void shifts(device const uint *x [[buffer(0)]], device const int *counts [[buffer(1)]], device uint *out [[buffer(2)]],
                   device long *wide [[buffer(3)]], device char *bytes [[buffer(4)]], device ushort *words [[buffer(5)]],
                   uint i [[thread_position_in_grid]]) {
  const uint v = x[i];
  const int n = counts[i];
  const Pair<Pair<int, uint>, Pair<int, vec<uint, 2>>> nested = {{n, v}, {n, {v, v}}};
  device uint *o = out + i * 16;
  o[0] = v << n;
  o[1] = v >> n;
  o[2] = uint(int(v) >> n);
  o[3] = v << 33;
  o[4] = v >> Count;
  o[5] = by<34>(v) + by<3>(v);
  o[6] = 1 + v << n - 1 & 0xffffff;
  o[7] = v < 100 >> n && n > 0 ? 7 : 9;
  o[8] = v;
  o[8] <<= n;
  o[9] = v;
  o[9] >>= n + 1;
  o[10] = nested.b.b.x << nested.a.a;
  o[11] = uint(short(v) << n);
  const uint2 moved = uint2(v, 3) << uint2(n, n + 1);
  o[12] = moved.x + moved.y;
  uint4 swizzled = uint4(v);
  swizzled.yx <<= uint2(n, 1);
  o[13] = swizzled.x + swizzled.y + swizzled.z;
  Chars chars = {1};
  chars << 2 << 3;
  o[14] = chars.n + Wide;
  o[15] = (v << n >> n) + sizeof(v << long(n));
  wide[i * 2] = long(v) << n;
  wide[i * 2 + 1] = -long(v) >> n;
  bytes[i * 2] = left<char>(char(v), char(n));
  bytes[i * 2 + 1] = right<char>(char(v), char(n));
  words[i * 2] = left<ushort>(ushort(v), ushort(n));
  words[i * 2 + 1] = (ushort4(v) >> ushort(n)).z;
}
