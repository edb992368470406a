// Multiplication of simdgroup matrices for NVRTC: two half or two bfloat operands
// by tensor cores, others by fused multiply-adds in the order of k.
inline void matrix_sync_(int) { ::__syncwarp(); }

// For tensor cores, lane 4 g + t holds elements 2 t and 2 t + 1 of row g of A, of
// column g of B and of row g of the product.
template <class T> inline float2 matrix_tensor_(vec<T, 2> a, vec<T, 2> b) {
  uint g = lane_id_() >> 2, pair = lane_id_() << 1 & 6;
  uint left = bits_as_<uint>(from_lane_(all_lanes_, a, matrix_lane_(g, pair)));
  vec<T, 2> above = from_lane_(all_lanes_, b, matrix_lane_(pair, g)), below = from_lane_(all_lanes_, b, matrix_lane_(pair + 1, g));
  uint right = bits_as_<uint>(g & 1 ? vec<T, 2>(above.y, below.y) : vec<T, 2>(above.x, below.x));
  float2 d;
  if constexpr (is_same_v<T, half>) assay_target::mma_half(d.x, d.y, left, right);
  else assay_target::mma_bfloat(d.x, d.y, left, right);
  return from_lane_(all_lanes_, d, matrix_row_(lane_id_()) << 2 | matrix_column_(lane_id_()) >> 1);
}
template <class A, class B> inline float2 matrix_product_(vec<A, 2> a, vec<B, 2> b, float2 c, int) {
  if constexpr (is_same_v<A, B> && (is_same_v<A, half> || (is_same_v<A, bfloat> && ASSAY_MMA_BFLOAT_))) return matrix_tensor_(a, b) + c;
  else {
    uint row = matrix_row_(lane_id_()), column = matrix_column_(lane_id_());
#pragma unroll
    for (uint k = 0; k < 8; k += 2) {
      vec<A, 2> left = from_lane_(all_lanes_, a, matrix_lane_(row, k));
      vec<B, 2> above = from_lane_(all_lanes_, b, matrix_lane_(k, column)), below = from_lane_(all_lanes_, b, matrix_lane_(k + 1, column));
      float x = static_cast<float>(left.x), y = static_cast<float>(left.y);
      c.x = ::fmaf(y, static_cast<float>(below.x), ::fmaf(x, static_cast<float>(above.x), c.x));
      c.y = ::fmaf(y, static_cast<float>(below.y), ::fmaf(x, static_cast<float>(above.y), c.y));
    }
    return c;
  }
}
