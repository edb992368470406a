// Codes that are integers, of affine quantization.

// Code i, restricted to the bits of mask, as a float.
inline float code(const thread Codes &c, int i, uint mask, uint exponent) {
  const int shift = CODE_SHIFT(i);
  const uint bits = (code_bits(c, i) & (mask << shift)) | exponent;
  const float unit = 1.0f / float(1 << shift);
  return fma(as_type<float>(bits), unit, -8388608.0f * unit);
}

// Codes that lie far enough up in their word need no fma: under the exponent of
// 2^(23-shift) they are code + 2^(23-shift), and the dot product of such numbers
// is right once 2^(23-shift)·Σx is taken off. That costs float32 sums 12 of their
// 24 bits, so it is for activations that have 8 or 11 themselves. Of 4 bits, all
// codes are lifted so: three shifted copies of a word bring each code to bit 16,
// even ones, or 12, odd ones.
#define BLOCK 8
#define LIFTED (ASSAY_BITS == 4 && sizeof(T) == 2)
#define EVEN_OFFSET (LIFTED ? 128.0f : 0.0f)
#define ODD_OFFSET (LIFTED ? 2048.0f : 0.0f)

inline float lifted(uint word, uint mask, uint exponent) { return as_type<float>((word & mask) | exponent); }

// Codes 8b to 8b+7 as floats, the even ones too large by EVEN_OFFSET and the odd
// ones by ODD_OFFSET.
inline void codes_of_block(const thread Codes &c, int b, uint exponent, thread float *out) {
  if (LIFTED) {
    const uint even = exponent - (16u << 23), odd = exponent - (12u << 23);
    const uint word = c.word[b * ASSAY_BITS / 4], up = word << 8, down = word >> 8, turned = (word << 16) | (word >> 16);
    out[0] = lifted(turned, 0xF0000u, even);
    out[1] = lifted(up, 0xF000u, odd);
    out[2] = lifted(up, 0xF0000u, even);
    out[3] = lifted(word, 0xF000u, odd);
    out[4] = lifted(word, 0xF0000u, even);
    out[5] = lifted(down, 0xF000u, odd);
    out[6] = lifted(down, 0xF0000u, even);
    out[7] = lifted(turned, 0xF000u, odd);
  } else {
#pragma unroll
    for (int i = 0; i < BLOCK; i++) out[i] = code(c, b * BLOCK + i, ALL_BITS, exponent);
  }
}
