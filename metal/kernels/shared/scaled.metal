// Weights that are code·scale: a scale is a byte.

// The planes of weights as arguments of a kernel from buffer AT on, as parameters
// of a function, and handed on.
#define PLANES 2
#define ARGUMENTS(name, at) const device uint *name##w [[buffer(at)]], const device uchar *name##scales [[buffer(at + 1)]]
#define PARAMETERS const device uint *w, const device uchar *scales
#define HANDED(name) name##w, name##scales

// What a code, a scale and a bias stand for, as floats.
#define CODE(q) ASSAY_CODE::of(q)
#define SCALE(s) ASSAY_SCALE::of(s)
#define BIAS(b) 0.0f

// Those of row r of a Rows that go with a block of a chunk.
#define SCALE_OF(rows, r, block) SCALE(rows.scale[r][(block) * BLOCK * GROUPS / CHUNK])
#define BIAS_OF(rows, r) 0.0f

// A quantized operand [N,K]: packed words and scales, and where they begin, as
// indices.
struct Matrix {
  const device uint *words;
  const device uchar *scales;
  uint word, group;
};

// Matrix e of [E,N,K].
inline Matrix matrix_of(const device uint *words, const device uchar *scales, uint e, uint N, uint K) {
  Matrix m;
  m.words = words;
  m.scales = scales;
  m.word = e * (N * (K / CHUNK) * ASSAY_BITS);
  m.group = e * (N * (K / ASSAY_GROUP));
  return m;
}

// Groups that a chunk has a part in.
#define GROUPS (ASSAY_GROUP < CHUNK ? CHUNK / ASSAY_GROUP : 1)

// One chunk of each of R rows, in registers, with the scales as they come from memory.
template <int R> struct Rows {
  Codes codes[R];
  uchar scale[R][GROUPS];

  void load(const thread Matrix &m, const thread uint *row, uint chunks, uint chunk) {
    const uint groups = chunks * CHUNK / ASSAY_GROUP, group = chunk * CHUNK / ASSAY_GROUP;
#pragma unroll
    for (int r = 0; r < R; r++) codes[r] = load_codes(m.words + (m.word + (row[r] * chunks + chunk) * ASSAY_BITS));
#pragma unroll
    for (int r = 0; r < R; r++) {
#pragma unroll
      for (int g = 0; g < GROUPS; g++) scale[r][g] = m.scales[m.group + (row[r] * groups + group) + g];
    }
  }
};

// acc[p*R+r] += x · row r of matrix p over one chunk, block by block.
template <int P, int R, typename X>
inline void dot_chunk(const thread Rows<R> *rows, const thread X &x, thread float *acc, uint exponent) {
#pragma unroll
  for (int b = 0; b < CHUNK / BLOCK; b++) {
    float xs[BLOCK];
    load_block(x, b, xs);
#pragma unroll
    for (int pr = 0; pr < P * R; pr++) {
      float codes[BLOCK], d = 0;
      codes_of_block(rows[pr / R].codes[pr % R], b, exponent, codes);
#pragma unroll
      for (int i = 0; i < BLOCK; i++) d = fma(xs[i], codes[i], d);
      acc[pr] = fma(SCALE_OF(rows[pr / R], pr % R, b), d, acc[pr]);
    }
  }
}
