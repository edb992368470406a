// 8 by 8 matrices of a simdgroup: which lane holds what, the ways to fill, load
// and store them, and what a multiplication rounds to.
#include <metal_stdlib>
#include <metal_simdgroup>
#include <metal_simdgroup_matrix>
using namespace metal;

constant float table[96] = {
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31,
  32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63,
  64, 65, 66, 67, 68, 69, 70, 71, 72, 73, 74, 75, 76, 77, 78, 79, 80, 81, 82, 83, 84, 85, 86, 87, 88, 89, 90, 91, 92, 93, 94, 95};

static void keep(device float *&y, simdgroup_float8x8 m, ushort lane) {
  const thread auto &mine = m.thread_elements();
  y[2 * lane] = mine[0];
  y[2 * lane + 1] = mine[1];
  y += 64;
}

kernel void matrix_layout(device const float *x [[buffer(0)]], device float *y [[buffer(1)]], device float *z [[buffer(2)]],
                          constant float *c [[buffer(3)]], ushort lane [[thread_index_in_simdgroup]]) {
  threadgroup float tile[16 * 12];
  for (short i = lane; i < 16 * 12; i += 32) tile[i] = x[i];
  threadgroup_barrier(mem_flags::mem_threadgroup);

  simdgroup_float8x8 m;
  simdgroup_load(m, x);
  keep(y, m, lane);
  simdgroup_load(m, x, 12, ulong2(3, 2));
  keep(y, m, lane);
  simdgroup_load(m, tile + 5, 12, 0, true);
  keep(y, m, lane);
  simdgroup_load(m, tile, 12, ulong2(1, 4), true);
  keep(y, m, lane);
  simdgroup_load(m, c, 9);
  keep(y, m, lane);
  simdgroup_load(m, table, 10, ulong2(2, 1), false);
  keep(y, m, lane);
  m = make_filled_simdgroup_matrix<float, 8>(0.5f);
  keep(y, m, lane);
  m = make_filled_simdgroup_matrix<float, 8, 8>(-2);
  keep(y, m, lane);
  m = simdgroup_matrix<float, 8, 8>(3);
  keep(y, m, lane);
  m = make_diagonal_simdgroup_matrix<float, 8>(1.25f);
  keep(y, m, lane);

  // Elements are written where only some lanes are, and the matrix is stored.
  simdgroup_load(m, x);
  if (lane % 3 == 0) m.thread_elements()[lane & 1] = -1.0f;
  reinterpret_cast<thread float2 &>(m.thread_elements()) *= 2.0f;
  simdgroup_store(m, z);
  simdgroup_store(m, z + 64, 11, ulong2(2, 1));
  simdgroup_store(m, z + 192, 10, 0, true);
  simdgroup_store(m, tile, 12, ulong2(4, 3), true);
  threadgroup_barrier(mem_flags::mem_threadgroup);
  z[288 + lane] = tile[(lane / 8 + 4) * 12 + lane % 8 + 3];
}

template <typename D, typename A, typename B, typename C>
kernel void products(device const A *a [[buffer(0)]], device const B *b [[buffer(1)]], device const C *c [[buffer(2)]], device D *d [[buffer(3)]]) {
  simdgroup_matrix<A, 8, 8> left;
  simdgroup_matrix<B, 8, 8> right;
  simdgroup_matrix<C, 8, 8> sum;
  simdgroup_matrix<D, 8, 8> result[2];
  simdgroup_load(left, a);
  simdgroup_load(right, b);
  simdgroup_load(sum, c);
  simdgroup_multiply(result[0], left, right);
  simdgroup_multiply_accumulate(result[1], left, right, sum);
  simdgroup_store(result[0], d);
  simdgroup_store(result[1], d + 64);
}
#define PRODUCTS(name, ...) template [[host_name(name)]] [[kernel]] decltype(products<__VA_ARGS__>) products<__VA_ARGS__>;
PRODUCTS("products_f32", float, float, float, float)
PRODUCTS("products_f16", half, half, half, half)
PRODUCTS("products_bf16", bfloat, bfloat, bfloat, bfloat)
PRODUCTS("products_f32_f16", float, half, half, float)
PRODUCTS("products_f32_bf16", float, bfloat, bfloat, float)
PRODUCTS("products_f16_f32", half, float, half, float)
PRODUCTS("products_bf16_f16", bfloat, bfloat, half, float)

// A chain in which results are operands, in place.
kernel void chain(device const float *x [[buffer(0)]], device float *y [[buffer(1)]]) {
  simdgroup_float8x8 a, b;
  simdgroup_load(a, x);
  simdgroup_load(b, x + 64);
  simdgroup_float8x8 r = (a * b) * a;
  simdgroup_multiply(b, b, b);
  simdgroup_multiply_accumulate(r, r, simdgroup_float8x8(0.5f), b);
  simdgroup_multiply_accumulate(a, a, r, a);
  simdgroup_store(a, y);
}

// The lanes see what a matrix stored, and a matrix what they did, without barriers.
kernel void turned(device const float *x [[buffer(0)]], device float *y [[buffer(1)]], ushort lane [[thread_index_in_simdgroup]]) {
  threadgroup float tile[64], other[64];
  simdgroup_float8x8 m;
  simdgroup_load(m, x);
  simdgroup_store(m, tile);
  other[lane] = tile[63 - lane];
  other[lane + 32] = tile[31 - lane];
  simdgroup_load(m, other);
  simdgroup_store(m, y);
}
