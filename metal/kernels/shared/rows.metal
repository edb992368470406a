// Rows of quantized weights against one row of x.

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

// Elements of x staged at once: one stage for most models.
#define STAGE_CHUNKS 128
#define STAGE_VECTORS (STAGE_CHUNKS * CHUNK_VECTORS)

// acc[p*R+r] += x · row[r] of matrix[p], this lane's share, with x of K elements
// shared by the whole threadgroup. Every thread of the threadgroup must call it.
// x and the first weights are on their way before anything waits. A lane past the
// end of the rows reads the last chunk again, and zeros of x.
template <int P, int R>
inline void dot_rows(thread float *acc, const thread Matrix *matrix, const thread uint *row, uint K,
                     const device T *x, threadgroup uint4 *stage, uint tid, uint threads, uint lane) {
  const uint chunks = K / CHUNK, exponent = float_exponent(tid);
  for (uint base = 0; base < chunks; base += STAGE_CHUNKS) {
    const uint here = min(uint(STAGE_CHUNKS), chunks - base), given = here * CHUNK_VECTORS;
    const uint filled = (here + SIMD - 1) / SIMD * TILE_VECTORS;
    const device uint4 *xv = (const device uint4 *)x + base * CHUNK_VECTORS;
    const uint second = tid + threads;
    const uint4 one = tid < given ? xv[tid] : uint4(0), two = second < given ? xv[second] : uint4(0);
    Rows<R> rows[P];
#pragma unroll
    for (int p = 0; p < P; p++) rows[p].load(matrix[p], row, chunks, min(base + lane, chunks - 1));
    if (base > 0) threadgroup_barrier(mem_flags::mem_threadgroup);
    if (tid < filled) stage[staged(tid)] = one;
    if (second < filled) stage[staged(second)] = two;
    for (uint v = second + threads; v < filled; v += threads) stage[staged(v)] = v < given ? xv[v] : uint4(0);
    threadgroup_barrier(mem_flags::mem_threadgroup);
#pragma unroll 1
    for (uint c = 0; c < here; c += SIMD) {
      if (c > 0) {
#pragma unroll
        for (int p = 0; p < P; p++) rows[p].load(matrix[p], row, chunks, min(base + c + lane, chunks - 1));
      }
      Staged part;
      part.tile = stage + c * CHUNK_VECTORS;
      part.lane = lane;
      dot_chunk<P, R>(rows, part, acc, exponent);
    }
  }
}

// An index pair that points nowhere gives NaN rather than a fault. Asking first
// also has both indices on their way before either is needed.
inline bool no_such_index(uint from, uint e, constant GatherParams &p) { return from >= p.Rows || e >= p.Experts; }

// Row numbers of one simdgroup's R rows, the last one repeated past N.
template <int R> inline void rows_of(thread uint *row, uint first, uint N) {
#pragma unroll
  for (int r = 0; r < R; r++) row[r] = min(first + uint(r), N - 1);
}

// Fewer registers for each thread, so that so many threads fit one threadgroup,
// or several smaller threadgroups fit one core together.
#ifdef ASSAY_THREADS
#define MOST_THREADS [[max_total_threads_per_threadgroup(ASSAY_THREADS)]]
#else
#define MOST_THREADS
#endif
