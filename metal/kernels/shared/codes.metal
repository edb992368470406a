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
#define ALL_BITS ((1u << ASSAY_BITS) - 1)
