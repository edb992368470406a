// Multiplication of simdgroup matrices for the sim device: each lane gets all
// elements and computes its two, by fused multiply-adds in the order of k.
inline void matrix_sync_(int line) {
  gathered_<uint> g(op_matrix_, 0u, line);
  if (g.mask != 0xffffffffu) ::assay_lanes(g.mask);
}
template <class A, class B> inline float2 matrix_product_(vec<A, 2> a, vec<B, 2> b, float2 c, int line) {
  struct operands { vec<A, 2> a; vec<B, 2> b; };
  gathered_<operands> g(op_matrix_, {a, b}, line);
  if (g.mask != 0xffffffffu) ::assay_lanes(g.mask);
  uint row = matrix_row_(lane_id_()), column = matrix_column_(lane_id_());
  for (uint k = 0; k < 8; k++) {
    vec<A, 2> left = g.v[matrix_lane_(row, k)].a;
    vec<B, 2> right = g.v[matrix_lane_(k, column)].b;
    float x = static_cast<float>(k & 1 ? left.y : left.x);
    c.x = ::fmaf(x, static_cast<float>(right.x), c.x);
    c.y = ::fmaf(x, static_cast<float>(right.y), c.y);
  }
  return c;
}
