// Multiplication of simdgroup matrices for NVRTC.
inline void matrix_sync_(int) { ::__syncwarp(); }
template <class A, class B> inline float2 matrix_product_(vec<A, 2> a, vec<B, 2> b, float2 c, int) {
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
