// A tiled matrix product: tiles are staged in threadgroup memory, each simdgroup
// holds several 8 by 8 matrices, and edges are cut off.
#include <metal_stdlib>
#include <metal_simdgroup_matrix>
using namespace metal;

#define UNROLL _Pragma("clang loop unroll(full)")

struct shape { int m, n, k; };

// A block of matrices, of which a lane reads and writes its own elements.
template <typename T, int R, int C>
struct block {
  typedef simdgroup_matrix<T, 8, 8> mat;
  typedef vec<T, 2> pair;
  mat at[R * C];

  static ushort2 corner(ushort lane) {
    const ushort quad = lane / 4;
    return ushort2((quad & 2) * 2 + (lane % 2) * 2, (quad & 4) + (lane / 2) % 4);
  }
  void clear() thread {
    UNROLL for (short i = 0; i < R * C; i++) at[i] = mat(0);
  }
  thread pair &elements(short r, short c) thread { return reinterpret_cast<thread pair &>(at[r * C + c].thread_elements()); }
  template <typename U, bool transposed>
  void load(const threadgroup U *src, ushort stride) thread {
    UNROLL for (short r = 0; r < R; r++)
      UNROLL for (short c = 0; c < C; c++) {
        const short row = (transposed ? c : r) * 8, column = (transposed ? r : c) * 8;
        simdgroup_load(at[r * C + c], src + row * stride + column, stride, 0, transposed);
      }
  }
};

template <typename D, typename T, int R, int C, int K>
void multiply_add(thread block<D, R, C> &d, thread block<T, R, K> &a, thread block<T, K, C> &b) {
  UNROLL for (short r = 0; r < R; r++)
    UNROLL for (short c = 0; c < C; c++)
      UNROLL for (short k = 0; k < K; k++) simdgroup_multiply_accumulate(d.at[r * C + c], a.at[r * K + k], b.at[k * C + c], d.at[r * C + c]);
}

// y = a b for a of m by k and b of k by n, each transposed in memory if it is said to be.
template <typename T, bool ta, bool tb>
kernel void gemm(device const T *a [[buffer(0)]], device const T *b [[buffer(1)]], device T *y [[buffer(2)]], constant shape &s [[buffer(3)]],
                 uint3 group [[threadgroup_position_in_grid]], ushort thread_id [[thread_index_in_threadgroup]],
                 ushort sg [[simdgroup_index_in_threadgroup]], ushort lane [[thread_index_in_simdgroup]]) {
  constexpr short M = 32, N = 32, K = 16, pad = 16 / sizeof(T);
  constexpr short strideA = (ta ? M : K) + pad, strideB = (tb ? K : N) + pad;
  threadgroup T as[(ta ? K : M) * strideA];
  threadgroup T bs[(tb ? N : K) * strideB];
  const int m0 = group.y * M, n0 = group.x * N;
  const short row = sg / 2 * 16, column = sg % 2 * 16;

  block<float, 2, 2> sum;
  sum.clear();
  for (int k0 = 0; k0 < s.k; k0 += K) {
    threadgroup_barrier(mem_flags::mem_threadgroup);
    for (short i = thread_id; i < M * K; i += 128) {
      const short r = ta ? i % M : i / K, c = ta ? i / M : i % K;
      const int m = m0 + r, k = k0 + c;
      as[ta ? c * strideA + r : r * strideA + c] = m < s.m && k < s.k ? a[ta ? k * s.m + m : m * s.k + k] : T(0);
    }
    for (short i = thread_id; i < K * N; i += 128) {
      const short r = tb ? i % K : i / N, c = tb ? i / K : i % N;
      const int k = k0 + r, n = n0 + c;
      bs[tb ? c * strideB + r : r * strideB + c] = k < s.k && n < s.n ? b[tb ? n * s.k + k : k * s.n + n] : T(0);
    }
    threadgroup_barrier(mem_flags::mem_threadgroup);
    UNROLL for (short k = 0; k < K; k += 8) {
      block<T, 2, 1> left;
      block<T, 1, 2> right;
      left.template load<T, ta>(as + (ta ? k * strideA + row : row * strideA + k), strideA);
      right.template load<T, tb>(bs + (tb ? column * strideB + k : k * strideB + column), strideB);
      multiply_add(sum, left, right);
    }
  }
  const ushort2 at = block<float, 2, 2>::corner(lane);
  for (short r = 0; r < 2; r++)
    for (short c = 0; c < 2; c++) {
      const thread float2 &mine = sum.elements(r, c);
      const int m = m0 + row + r * 8 + at.y, n = n0 + column + c * 8 + at.x;
      for (short e = 0; e < 2; e++)
        if (m < s.m && n + e < s.n) y[m * s.n + n + e] = static_cast<T>(mine[e]);
    }
}

#define GEMM(name, type, ta, tb) template [[host_name(name)]] [[kernel]] decltype(gemm<type, ta, tb>) gemm<type, ta, tb>;
GEMM("gemm_nn_f32", float, false, false)
GEMM("gemm_nt_f32", float, false, true)
GEMM("gemm_tn_f16", half, true, false)
GEMM("gemm_nt_f16", half, false, true)
GEMM("gemm_nn_bf16", bfloat, false, false)
GEMM("gemm_tt_bf16", bfloat, true, true)
