// Multiplication of simdgroup matrices for NVRTC, by tensor cores. Two half or two
// bfloat operands enter as they are. A float enters as the sum of two tf32 numbers
// of 11 bits each, which leaves an error of about its own half unit in the last
// place; GPUs without tf32 take fused multiply-adds in the order of k.
inline void matrix_sync_(int) { ::__syncwarp(); }

// For tensor cores, lane 4 g + t holds elements 2 t and 2 t + 1 of row g of A, of
// column g of B and of row g of the product. Which of the eight k a pair stands
// for is free, so this serves tf32 too, which documents t and t + 4.
template <class T> inline vec<T, 2> matrix_row_pair_(vec<T, 2> a) { return from_lane_(all_lanes_, a, matrix_lane_(lane_id_() >> 2, lane_id_() << 1 & 6)); }
template <class T> inline vec<T, 2> matrix_column_pair_(vec<T, 2> b) {
  uint g = lane_id_() >> 2, pair = lane_id_() << 1 & 6, odd = g & 1;
  // Even rows give their first element first, odd rows their second: each lane
  // then finds what it needs in one word of each exchange.
  bool second = matrix_row_(lane_id_()) & 1;
  T one = from_lane_(all_lanes_, second ? b.y : b.x, matrix_lane_(pair + odd, g));
  T other = from_lane_(all_lanes_, second ? b.x : b.y, matrix_lane_(pair + 1 - odd, g));
  return odd ? vec<T, 2>(other, one) : vec<T, 2>(one, other);
}
template <class T> inline float2 matrix_small_(vec<T, 2> a, vec<T, 2> b) {
  uint left = bits_as_<uint>(matrix_row_pair_(a)), right = bits_as_<uint>(matrix_column_pair_(b));
  float2 d;
  if constexpr (is_same_v<T, half>) assay_target::mma_half(d.x, d.y, left, right);
  else assay_target::mma_bfloat(d.x, d.y, left, right);
  return d;
}

// The nearest tf32 number, or the one before it where that would be infinite.
inline float matrix_tf32_(float v) {
  uint bits = bits_as_<uint>(v);
  return bits_as_<float>(((bits & 0x7fffffffu) < 0x7f7ff000u ? bits + 0x1000u : bits) & 0xffffe000u);
}
struct matrix_split_ {
  float2 high, low;
  matrix_split_(float2 v) {
    high = float2(matrix_tf32_(v.x), matrix_tf32_(v.y));
    low = float2(matrix_tf32_(v.x - high.x), matrix_tf32_(v.y - high.y));
  }
};
// Rows 0 to 7 of the instruction's A are the high parts and rows 8 to 15 the low
// ones. What is infinite or no number is so in the product of the high parts.
template <class A, class B> inline float2 matrix_large_(vec<A, 2> a_, vec<B, 2> b_) {
  vec<A, 2> left = matrix_row_pair_(a_);
  vec<B, 2> right = matrix_column_pair_(b_);
  matrix_split_ a(float2(static_cast<float>(left.x), static_cast<float>(left.y))), b(float2(static_cast<float>(right.x), static_cast<float>(right.y)));
  float d[4];
  assay_target::mma_tf32(d, a.high.x, a.low.x, a.high.y, a.low.y, b.high.x, b.high.y);
  float2 high(d[0], d[1]), rest(d[2], d[3]);
  if constexpr (is_same_v<B, float>) {
    assay_target::mma_tf32(d, a.high.x, a.low.x, a.high.y, a.low.y, b.low.x, b.low.y);
    rest = rest + float2(d[2], d[3]) + float2(d[0], d[1]);
  }
  return float2(isfinite(high.x) ? high.x + rest.x : high.x, isfinite(high.y) ? high.y + rest.y : high.y);
}

template <class A, class B> inline float2 matrix_product_(vec<A, 2> a, vec<B, 2> b, float2 c, int) {
  constexpr bool small = is_same_v<A, B> && is_small_<A>::value;
  uint row = matrix_row_(lane_id_()), column = matrix_column_(lane_id_());
  if constexpr (is_same_v<A, half> && small || ASSAY_AMPERE_) {
    float2 d;
    if constexpr (small) d = matrix_small_(a, b);
    else d = matrix_large_(a, b);
    return from_lane_(all_lanes_, d, row << 2 | column >> 1) + c;
  } else {
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
