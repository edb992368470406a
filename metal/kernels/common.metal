// Comes before every other source in this folder. A compilation is for one
// number format and, for quantized weights, one code width and group size:
//   ASSAY_T       float, half or bfloat: activations, scales and biases
//   ASSAY_SUFFIX  f16, or f16_b4_g64 for quantized weights
//   ASSAY_BITS, ASSAY_GROUP   for quantized weights only
#include <metal_stdlib>
using namespace metal;

// KERNEL(gather_qmm) is gather_qmm_f16_b4_g64: the kernel's host name.
#define ASSAY_PASTE_(op, suffix) op##_##suffix
#define ASSAY_PASTE(op, suffix) ASSAY_PASTE_(op, suffix)
#define KERNEL(op) ASSAY_PASTE(op, ASSAY_SUFFIX)

typedef ASSAY_T T;

// Parameter blocks: params.go has the same fields in the same order.
struct MatmulParams { uint M, N, K; };
struct GatherParams { uint Pairs, M, N, K, Experts, Rows; };
struct CombineParams { uint M, TopK, D, K, Experts; };
struct GatingParams { uint M, Experts, TopK, Norm; };
struct SlimeParams { uint M, N, K, Threadgroup; float Epsilon; };
struct CountParams { uint N; };
struct RowParams { uint M, D; float Eps; };
struct RopeParams { uint H, L, D, Offset; float Base, Scale; };
struct SDPAParams { uint H, KV, L, D, KVStride; float Scale; };

inline float silu(float g) { return g / (1.0f + exp(-g)); }

// One step of a combine, Σ weight·value over a token's experts. fma with zero
// is a product that no compiler may fuse with the addition that follows.
struct CombineFP32 {
  static float round(float v) { return v; }
  static float step(float acc, float w, float v) { return fma(w, v, acc); }
};
struct CombineFP32NoFMA {
  static float round(float v) { return v; }
  static float step(float acc, float w, float v) { return acc + fma(w, v, 0.0f); }
};
struct CombineExact {
  static float round(float v) { return float(T(v)); }
  static float step(float acc, float w, float v) { return round(acc + round(fma(w, v, 0.0f))); }
};

#ifdef ASSAY_BITS
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
// is right once 2^(23-shift)·Σx is taken off. That costs float32 sums 8 of their
// 24 bits, so it is for activations that have 8 or 11 themselves.
inline bool is_direct(int i) { return ASSAY_BITS == 4 && sizeof(T) == 2 && (i % 8 == 3 || i % 8 == 4 || i % 8 == 7); }
inline float offset_of(int i) { return !is_direct(i) ? 0.0f : i % 8 == 4 ? 128.0f : 2048.0f; }
inline float code_and_offset(const thread Codes &c, int i, uint exponent) {
  if (!is_direct(i)) return code(c, i, ALL_BITS, exponent);
  const uint word = c.word[i * ASSAY_BITS / 32];
  return i % 8 == 4 ? as_type<float>((word & 0xF0000u) | (exponent - (16u << 23)))
                    : as_type<float>(((i % 8 == 7 ? word >> 16 : word) & 0xF000u) | (exponent - (12u << 23)));
}

// Eight elements of type T from memory words: one uint4, two for float.
#define BLOCK 8
#define BLOCK_VECTORS int(BLOCK * sizeof(T) / 16)
#define CHUNK_VECTORS int(CHUNK * sizeof(T) / 16)

template <typename U> struct Unpack;
template <> struct Unpack<float> {
  static void block(const thread uint4 *v, thread float *out) {
    const float4 a = as_type<float4>(v[0]), b = as_type<float4>(v[1]);
    out[0] = a.x; out[1] = a.y; out[2] = a.z; out[3] = a.w;
    out[4] = b.x; out[5] = b.y; out[6] = b.z; out[7] = b.w;
  }
};
template <> struct Unpack<half> {
  static void two(uint v, thread float *out) {
    const half2 h = as_type<half2>(v);
    out[0] = float(h.x);
    out[1] = float(h.y);
  }
  static void block(const thread uint4 *v, thread float *out) {
    two(v[0].x, out);
    two(v[0].y, out + 2);
    two(v[0].z, out + 4);
    two(v[0].w, out + 6);
  }
};
template <> struct Unpack<bfloat> {  // a bfloat is the high half of a float
  static void two(uint v, thread float *out) {
    out[0] = as_type<float>(v << 16);
    out[1] = as_type<float>(v & 0xFFFF0000u);
  }
  static void block(const thread uint4 *v, thread float *out) {
    two(v[0].x, out);
    two(v[0].y, out + 2);
    two(v[0].z, out + 4);
    two(v[0].w, out + 6);
  }
};

// x in threadgroup memory lies in tiles of one chunk per lane, so that a
// simdgroup reads one vector of each of its chunks from 32 neighbouring places.
// Exchanging places within those 32 keeps the writers apart, too.
#define TILE_VECTORS (SIMD * CHUNK_VECTORS)
inline uint staged(uint vector) {
  const uint chunk = vector / CHUNK_VECTORS, v = vector % CHUNK_VECTORS;
  return chunk / SIMD * TILE_VECTORS + v * SIMD + (chunk % SIMD ^ v);
}

// Where a lane finds the vectors of its part of x.
struct Staged {
  const threadgroup uint4 *tile;
  uint lane;
  uint4 vector(int v) const { return tile[uint(v) * SIMD + (lane ^ uint(v))]; }
};
struct Direct {
  const device uint4 *part;
  uint4 vector(int v) const { return part[v]; }
};
struct Held {  // in registers
  uint4 part[CHUNK_VECTORS];
  uint4 vector(int v) const { return part[v]; }
};

// Block b of a lane's part of x as floats.
template <typename X> inline void load_block(const thread X &x, int b, thread float *out) {
  uint4 v[2];
#pragma unroll
  for (int i = 0; i < BLOCK_VECTORS; i++) v[i] = x.vector(b * BLOCK_VECTORS + i);
  Unpack<T>::block(v, out);
}

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
  float d[P * R] = {0}, sum = 0, offset = 0;
#pragma unroll
  for (int b = 0; b < CHUNK / BLOCK; b++) {
    float xs[BLOCK];
    load_block(x, b, xs);
    sum += ((xs[0] + xs[1]) + (xs[2] + xs[3])) + ((xs[4] + xs[5]) + (xs[6] + xs[7]));
#pragma unroll
    for (int i = 0; i < BLOCK; i++) {
      if (is_direct(i)) offset = fma(xs[i], offset_of(i), offset);
#pragma unroll
      for (int pr = 0; pr < P * R; pr++)
        d[pr] = fma(xs[i], code_and_offset(rows[pr / R].codes[pr % R], b * BLOCK + i, exponent), d[pr]);
    }
  }
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

// Sums of N values (a power of two up to 32) over the simdgroup, one for each
// lane: lane i gets that of v[i / (32 / N)]. Halving the values at each exchange
// takes 31 shuffles for 32 values instead of 160.
template <int N, int DISTANCE> struct Exchange {
  static float sum(thread float *v, uint lane) {
    const bool high = (lane & uint(DISTANCE)) != 0;
#pragma unroll
    for (int i = 0; i < N / 2; i++) {
      const float give = high ? v[i] : v[i + N / 2], keep = high ? v[i + N / 2] : v[i];
      v[i] = keep + simd_shuffle_xor(give, ushort(DISTANCE));
    }
    return Exchange<N / 2, DISTANCE / 2>::sum(v, lane);
  }
};
template <int DISTANCE> struct Exchange<1, DISTANCE> {
  static float sum(thread float *v, uint lane) {
    v[0] += simd_shuffle_xor(v[0], ushort(DISTANCE));
    return Exchange<1, DISTANCE / 2>::sum(v, lane);
  }
};
template <> struct Exchange<1, 0> {
  static float sum(thread float *v, uint) { return v[0]; }
};
template <int N> inline float sums_of(thread float *v, uint lane) { return Exchange<N, 16>::sum(v, lane); }

// Rows of x processed together against the same weights, so that each weight is
// read and converted once for all of them.
#define BATCH (sizeof(T) == 4 ? 4 : 8)
#define BATCH_ROWS (32 / BATCH)  // rows of weights: 32 sums, one per lane

// sums[r*BATCH+i] += row r · x row i, for count rows of x given by their offsets
// in elements. P matrices share the BATCH_ROWS rows. stage holds BATCH tiles.
template <int P>
inline void dot_batch(thread float *sums, const thread Matrix *matrix, const thread uint *row, uint K,
                      const device T *x, const threadgroup uint *offsets, uint count,
                      threadgroup uint4 *stage, uint tid, uint threads, uint lane) {
  constexpr int R = BATCH_ROWS / P;
  const uint chunks = K / CHUNK, exponent = float_exponent(tid);
  for (uint base = 0; base < chunks; base += SIMD) {
    const uint end = min(base + SIMD, chunks), c = base + lane;
    Rows<R> rows[P];
    if (c < end) {
#pragma unroll
      for (int p = 0; p < P; p++) rows[p].load(matrix[p], row, chunks, c);
    }
    threadgroup_barrier(mem_flags::mem_threadgroup);
    const uint vectors = (end - base) * CHUNK_VECTORS;
    for (uint i = 0; i < count; i++) {
      const device uint4 *xv = (const device uint4 *)(x + offsets[i]) + base * CHUNK_VECTORS;
      for (uint v = tid; v < vectors; v += threads) stage[i * TILE_VECTORS + staged(v)] = xv[v];
    }
    threadgroup_barrier(mem_flags::mem_threadgroup);
    if (c >= end) continue;
#pragma unroll
    for (int b = 0; b < CHUNK / BLOCK; b++) {
      float w[BATCH_ROWS][BLOCK];
#pragma unroll
      for (int r = 0; r < BATCH_ROWS; r++) {
        const float scale = float(rows[r / R].scale[r % R]), bias = float(rows[r / R].bias[r % R]);
#pragma unroll
        for (int j = 0; j < BLOCK; j++)
          w[r][j] = fma(scale, code(rows[r / R].codes[r % R], b * BLOCK + j, ALL_BITS, exponent), bias);
      }
#pragma unroll
      for (uint i = 0; i < BATCH; i++) {
        if (i < count) {
          Staged part;
          part.tile = stage + i * TILE_VECTORS;
          part.lane = lane;
          float xs[BLOCK];
          load_block(part, b, xs);
#pragma unroll
          for (int r = 0; r < BATCH_ROWS; r++) {
#pragma unroll
            for (int j = 0; j < BLOCK; j++) sums[r * BATCH + i] = fma(xs[j], w[r][j], sums[r * BATCH + i]);
          }
        }
      }
    }
  }
}

// Rows of one expert found at a time, and index pairs looked at between counts.
#define FOUND 1024
#define LOOK 512

// Collects rows (pair·M + m) whose expert is e, from row number next on, until
// the pairs are done or found may be full; returns how many and moves next on.
// Their order is not fixed and does not matter: each row's sums are its own.
inline uint find_rows(threadgroup uint *found, threadgroup atomic_uint *count, thread uint &next,
                      const device uint *rhs, constant GatherParams &p, uint e, uint tid, uint threads) {
  const uint all = p.Pairs * p.M;
  uint have = 0;
  threadgroup_barrier(mem_flags::mem_threadgroup);
  if (tid == 0) atomic_store_explicit(count, 0u, memory_order_relaxed);
  while (next < all && have <= FOUND - LOOK) {
    const uint end = min(all, next + LOOK);
    threadgroup_barrier(mem_flags::mem_threadgroup);
    for (uint r = next + tid; r < end; r += threads) {
      if (rhs[r / p.M] == e) found[atomic_fetch_add_explicit(count, 1u, memory_order_relaxed)] = r;
    }
    threadgroup_barrier(mem_flags::mem_threadgroup);
    have = atomic_load_explicit(count, memory_order_relaxed);
    next = end;
  }
  return have;
}
#endif
