// Codes that are small floats. ASSAY_CODE and ASSAY_SCALE say what codes and scales
// are.

// A float of an exponent with the bias 2^(EXPONENT-1)-1 and a mantissa, below a sign
// where SIGNED. Without a mantissa there are no subnormals and no zero.
template <int EXPONENT, int MANTISSA, bool SIGNED> struct Minifloat {
  static float of(uint v) {
    const uint magnitude = v & ((1u << (EXPONENT + MANTISSA)) - 1), exponent = magnitude >> MANTISSA;
    const int bias = (1 << (EXPONENT - 1)) - 1;
    const uint shifted = (magnitude << (23 - MANTISSA)) + (uint(127 - bias) << 23);
    float f = as_type<float>(shifted);
    if (MANTISSA > 0) {
      const float least = as_type<float>(uint(128 - bias - MANTISSA) << 23);
      if (exponent == 0) f = float(magnitude) * least;
    } else if (exponent == 0) {
      f = as_type<float>(0x00400000u);
    }
    return SIGNED && (v >> (EXPONENT + MANTISSA) & 1) != 0 ? -f : f;
  }
};

#define BLOCK 8

// Codes 8b to 8b+7 as floats.
inline void codes_of_block(const thread Codes &c, int b, uint, thread float *out) {
#pragma unroll
  for (int i = 0; i < BLOCK; i++) out[i] = ASSAY_CODE::of(code_bits(c, b * BLOCK + i) >> CODE_SHIFT(b * BLOCK + i) & ALL_BITS);
}

// As of integers, from which nothing is taken off here.
#define EVEN_OFFSET 0.0f
#define ODD_OFFSET 0.0f
