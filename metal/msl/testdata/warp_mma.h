// What the PTX ISA says of mma.m16n8k8. With 16-bit operands a lane holds elements
// lane % 4 * 2 and the next of row lane / 4 of A, of column lane / 4 of B likewise,
// and of the result as of A. Rows 8 to 15 are left out.
namespace assay_target {
template <class T> inline float element(unsigned word, int high) { return T(typename T::raw_{static_cast<unsigned short>(word >> 16 * high)}); }
template <class T> inline void mma(float& x, float& y, unsigned a, unsigned b) {
  warp::exchange(a, b, [&] {
    unsigned group = warp::lane / 4, pair = warp::lane % 4 * 2;
    float sum[2] = {0, 0};
    for (unsigned e = 0; e < 2; e++)
      for (unsigned k = 0; k < 8; k++)
        sum[e] += element<T>(warp::slots[group * 4 + k / 2][0], k % 2) * element<T>(warp::slots[(pair + e) * 4 + k / 2][1], k % 2);
    x = sum[0];
    y = sum[1];
  });
}
// With tf32 operands it holds elements lane % 4 (a0) and lane % 4 + 4 (a2) of that
// row, those of the row 8 below (a1, a3), and of column lane / 4 of B likewise.
// Results are laid out as above, with those of the row 8 below.
inline float tf32(unsigned bits) { return __builtin_bit_cast(float, bits & 0xffffe000u); }
inline void mma_tf32(float* d, float a0, float a1, float a2, float a3, float b0, float b1) {
  const float mine[6] = {a0, a1, a2, a3, b0, b1};
  static float slots[32][6];
  for (int i = 0; i < 6; i++) slots[warp::lane][i] = tf32(__builtin_bit_cast(unsigned, mine[i]));
  warp::exchange(0, 0, [&] {
    unsigned group = warp::lane / 4, pair = warp::lane % 4 * 2;
    for (unsigned i = 0; i < 4; i++) {
      float sum = 0;
      for (unsigned k = 0; k < 8; k++) sum += slots[group * 4 + k % 4][i / 2 + k / 4 * 2] * slots[(pair + i % 2) * 4 + k % 4][4 + k / 4];
      d[i] = sum;
    }
  });
}
inline void mma_half(float& x, float& y, unsigned a, unsigned b) { mma<assay_msl::metal::half>(x, y, a, b); }
inline void mma_bfloat(float& x, float& y, unsigned a, unsigned b) { mma<assay_msl::metal::bfloat>(x, y, a, b); }
}
