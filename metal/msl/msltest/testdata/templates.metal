// Templates with host names: written out, and made by a macro over decltype.
#include <metal_stdlib>
using namespace metal;

struct Add { template <typename T> T operator()(T a, T b) { return a + b; } };
struct Mul { template <typename T> T operator()(T a, T b) { return a * b; } };

template <typename T, typename Op, int N = 4>
[[kernel]] void rows(device const T *x [[buffer(0)]], device T *y [[buffer(1)]], constant uint &rows [[buffer(2)]], uint i [[thread_position_in_grid]]) {
  if (i >= rows) return;
  T acc = x[i * N];
#pragma clang loop unroll(full)
  for (int j = 1; j < N; j++) acc = Op()(acc, x[i * N + j]);
  y[i] = acc;
}

#define instantiate_rows(name, type, op, n) \
  template [[host_name("rows_" #name "_" #n)]] [[kernel]] decltype(rows<type, op, n>) rows<type, op, n>;
instantiate_rows(add_f32, float, Add, 8)
instantiate_rows(mul_f16, half, Mul, 4)

// Concrete argument types, the way Apple's samples write it.
template [[host_name("rows_add_i32")]] kernel void rows<int, Add>(device const int *, device int *, constant uint &, uint);

typedef decltype(rows<uchar, Mul, 2>) rows_t;
template [[host_name("rows_mul_u8")]] kernel rows_t rows<uchar, Mul, 2>;
