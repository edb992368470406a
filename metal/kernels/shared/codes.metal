// Quantized weights are read in chunks of 32 codes: ASSAY_BITS whole words,
// whatever the width, inside one group. Lane i of a simdgroup takes chunks i,
// i+32, ... of a row.
#define CHUNK 32
#define SIMD 32

// The words of one chunk.
struct Codes { uint word[ASSAY_BITS]; };

inline Codes load_codes(const device uint *p) {
  Codes c;
#if ASSAY_BITS % 4 == 0
#pragma unroll
  for (int i = 0; i < ASSAY_BITS / 4; i++) {
    const uint4 v = ((const device uint4 *)p)[i];
    c.word[4 * i] = v.x;
    c.word[4 * i + 1] = v.y;
    c.word[4 * i + 2] = v.z;
    c.word[4 * i + 3] = v.w;
  }
#elif ASSAY_BITS % 2 == 0
#pragma unroll
  for (int i = 0; i < ASSAY_BITS / 2; i++) {
    const uint2 v = ((const device uint2 *)p)[i];
    c.word[2 * i] = v.x;
    c.word[2 * i + 1] = v.y;
  }
#else
#pragma unroll
  for (int i = 0; i < ASSAY_BITS; i++) c.word[i] = p[i];
#endif
  return c;
}

// The bits of code i where they lie in the low 16 bits of the result, and how
// far up. Constants once i is unrolled.
#if 32 % ASSAY_BITS == 0
#define CODE_SHIFT(i) ((i) * ASSAY_BITS % 16)
#else
#define CODE_SHIFT(i) 0
#endif

inline uint code_bits(const thread Codes &c, int i) {
  const int word = i * ASSAY_BITS / 32, bit = i * ASSAY_BITS % 32;
#if 32 % ASSAY_BITS == 0
  return bit < 16 ? c.word[word] : c.word[word] >> 16;
#else
  if (bit + ASSAY_BITS <= 32) return c.word[word] >> bit;
  return (c.word[word] >> bit) | (c.word[word + 1 < ASSAY_BITS ? word + 1 : word] << (32 - bit));
#endif
}

// Integer bits under the exponent of 2^23 are that integer plus 2^23, so one
// bitwise operation and one exact fma convert a code to a float, cheaper than
// shifting and converting. The exponent is handed around as a value that no
// compiler sees through: an instruction has room for one constant, which is the
// mask, and a second one would be loaded again and again.
inline uint float_exponent(uint tid) { return tid == ~0u ? 0u : 0x4B000000u; }

// Code i, restricted to the bits of mask, as a float.
inline float code(const thread Codes &c, int i, uint mask, uint exponent) {
  const int shift = CODE_SHIFT(i);
  const uint bits = (code_bits(c, i) & (mask << shift)) | exponent;
  const float unit = 1.0f / float(1 << shift);
  return fma(as_type<float>(bits), unit, -8388608.0f * unit);
}
#define ALL_BITS ((1u << ASSAY_BITS) - 1)

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
