// Weights that are code·scale + bias: scales and biases of the activations' type.

// The planes of weights as arguments of a kernel from buffer AT on, as parameters
// of a function, and handed on.
#define PLANES 3
#define ARGUMENTS(name, at) \
  const device uint *name##w [[buffer(at)]], const device T *name##scales [[buffer(at + 1)]], \
      const device T *name##biases [[buffer(at + 2)]]
#define PARAMETERS const device uint *w, const device T *scales, const device T *biases
#define HANDED(name) name##w, name##scales, name##biases

// What a code, a scale and a bias stand for, as floats.
#define CODE(q) float(q)
#define SCALE(s) float(s)
#define BIAS(b) float(b)

// Those of row r of a Rows that go with a block of a chunk.
#define SCALE_OF(rows, r, block) float(rows.scale[r])
#define BIAS_OF(rows, r) float(rows.bias[r])

// A quantized operand [N,K]: packed words, scales and biases, and where they
// begin, as indices.
struct Matrix {
  const device uint *words;
  const device T *scales;
  const device T *biases;
  uint word, group;
};

// Matrix e of [E,N,K].
inline Matrix matrix_of(const device uint *words, const device T *scales, const device T *biases, uint e, uint N, uint K) {
  Matrix m;
  m.words = words;
  m.scales = scales;
  m.biases = biases;
  m.word = e * (N * (K / CHUNK) * ASSAY_BITS);
  m.group = e * (N * (K / ASSAY_GROUP));
  return m;
}

// One chunk of each of R rows, in registers, with its group's scale and bias as
// they come from memory: converting them here would wait for them.
template <int R> struct Rows {
  Codes codes[R];
  T scale[R], bias[R];

  void load(const thread Matrix &m, const thread uint *row, uint chunks, uint chunk) {
    const uint groups = chunks / (ASSAY_GROUP / CHUNK), group = chunk / (ASSAY_GROUP / CHUNK);
#pragma unroll
    for (int r = 0; r < R; r++) codes[r] = load_codes(m.words + (m.word + (row[r] * chunks + chunk) * ASSAY_BITS));
#pragma unroll
    for (int r = 0; r < R; r++) {
      scale[r] = m.scales[m.group + (row[r] * groups + group)];
      bias[r] = m.biases[m.group + (row[r] * groups + group)];
    }
  }
};

// acc[p*R+r] += x · row r of matrix p over one chunk: scale·Σqx + bias·Σx.
template <int P, int R, typename X>
inline void dot_chunk(const thread Rows<R> *rows, const thread X &x, thread float *acc, uint exponent) {
  float d[P * R] = {0}, even = 0, odd = 0;
#pragma unroll
  for (int b = 0; b < CHUNK / BLOCK; b++) {
    float xs[BLOCK];
    load_block(x, b, xs);
    even += (xs[0] + xs[2]) + (xs[4] + xs[6]);
    odd += (xs[1] + xs[3]) + (xs[5] + xs[7]);
#pragma unroll
    for (int pr = 0; pr < P * R; pr++) {
      float codes[BLOCK];
      codes_of_block(rows[pr / R].codes[pr % R], b, exponent, codes);
#pragma unroll
      for (int i = 0; i < BLOCK; i++) d[pr] = fma(xs[i], codes[i], d[pr]);
    }
  }
  const float sum = even + odd, offset = fma(EVEN_OFFSET, even, ODD_OFFSET * odd);
#pragma unroll
  for (int pr = 0; pr < P * R; pr++)
    acc[pr] = fma(float(rows[pr / R].scale[pr % R]), d[pr] - offset, fma(float(rows[pr / R].bias[pr % R]), sum, acc[pr]));
}
