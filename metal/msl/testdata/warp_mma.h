// What the PTX ISA says of mma.m16n8k8 with 16-bit operands: of row lane / 4 of
// A a lane holds elements lane % 4 * 2 and the next, of column lane / 4 of B
// likewise, and of the result as of A. Rows 8 to 15 are left out.
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
inline void mma_half(float& x, float& y, unsigned a, unsigned b) { mma<assay_msl::metal::half>(x, y, a, b); }
inline void mma_bfloat(float& x, float& y, unsigned a, unsigned b) { mma<assay_msl::metal::bfloat>(x, y, a, b); }
}
#define ASSAY_MMA_BFLOAT_ true
