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

// Code i, restricted to the bits of mask, as a float. Integer bits under the
// exponent of 2^23 are that integer plus 2^23, so one bitwise operation and one
// exact fma convert it, cheaper than shifting and converting.
inline float code(const thread Codes &c, int i, uint mask) {
  const int shift = CODE_SHIFT(i);
  const uint bits = (code_bits(c, i) & (mask << shift)) | 0x4B000000u;
  const float unit = 1.0f / float(1 << shift);
  return fma(as_type<float>(bits), unit, -8388608.0f * unit);
}
#define ALL_BITS ((1u << ASSAY_BITS) - 1)

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

// A tile of x in threadgroup memory: 1024 elements at a time, one chunk per
// lane, laid out so that a simdgroup reads one vector of each of its chunks
// from 32 neighbouring places.
#define TILE_VECTORS (SIMD * CHUNK_VECTORS)
inline uint staged(uint vector) {
  const uint chunk = vector / CHUNK_VECTORS, v = vector % CHUNK_VECTORS;
  return chunk / SIMD * TILE_VECTORS + v * SIMD + chunk % SIMD;
}

// The 32 elements of one chunk as floats, and their sum.
inline float load_staged(const threadgroup uint4 *tile, uint lane, thread float *x) {
  float sum = 0;
#pragma unroll
  for (int b = 0; b < CHUNK / BLOCK; b++) {
    uint4 v[2];
#pragma unroll
    for (int i = 0; i < BLOCK_VECTORS; i++) v[i] = tile[(b * BLOCK_VECTORS + i) * SIMD + lane];
    Unpack<T>::block(v, x + b * BLOCK);
  }
#pragma unroll
  for (int i = 0; i < CHUNK; i++) sum += x[i];
  return sum;
}

// The same straight from device memory.
inline float load_direct(const device uint4 *row, uint chunk, thread float *x) {
  float sum = 0;
#pragma unroll
  for (int b = 0; b < CHUNK / BLOCK; b++) {
    uint4 v[2];
#pragma unroll
    for (int i = 0; i < BLOCK_VECTORS; i++) v[i] = row[chunk * CHUNK_VECTORS + b * BLOCK_VECTORS + i];
    Unpack<T>::block(v, x + b * BLOCK);
  }
#pragma unroll
  for (int i = 0; i < CHUNK; i++) sum += x[i];
  return sum;
}

// A quantized operand: packed words, scales and biases of [E,N,K].
struct Matrix {
  const device uint *words;
  const device T *scales;
  const device T *biases;
};

// One chunk of each of R rows, in registers, with its group's scale and bias as
// they come from memory: converting them here would wait for them.
template <int R> struct Rows {
  Codes codes[R];
  T scale[R], bias[R];

  void load(const thread Matrix &m, const thread uint *row, uint chunks, uint chunk) {
    const uint groups = chunks / (ASSAY_GROUP / CHUNK), group = chunk / (ASSAY_GROUP / CHUNK);
#pragma unroll
    for (int r = 0; r < R; r++) codes[r] = load_codes(m.words + (row[r] * chunks + chunk) * ASSAY_BITS);
#pragma unroll
    for (int r = 0; r < R; r++) {
      scale[r] = m.scales[row[r] * groups + group];
      bias[r] = m.biases[row[r] * groups + group];
    }
  }

  // acc[r] += x · row r over this chunk: scale·Σqx + bias·Σx.
  void dot(const thread float *x, float sum, thread float *acc) const {
#pragma unroll
    for (int r = 0; r < R; r++) {
      float d = 0;
#pragma unroll
      for (int i = 0; i < CHUNK; i++) d = fma(x[i], code(codes[r], i, ALL_BITS), d);
      acc[r] = fma(float(scale[r]), d, fma(float(bias[r]), sum, acc[r]));
    }
  }
};

// Elements of x staged at once, a multiple of 1024: one tile for most models.
#define STAGE_CHUNKS 128
#define STAGE_VECTORS (STAGE_CHUNKS * CHUNK_VECTORS)

// Chunks of a lane that are on their way at once. More hide more of the memory's
// latency and take more registers.
#ifndef ASSAY_DEPTH
#define ASSAY_DEPTH 2
#endif

// acc[p*R+r] += x · row[r] of matrix[p], this lane's share, with x of K elements
// shared by the whole threadgroup. Every thread of the threadgroup must call it.
// The first weights are on their way before x is staged.
template <int P, int R>
inline void dot_rows(thread float *acc, const thread Matrix *matrix, const thread uint *row, uint K,
                     const device T *x, threadgroup uint4 *stage, uint tid, uint threads, uint lane) {
  const uint chunks = K / CHUNK;
  const device uint4 *xv = (const device uint4 *)x;
  for (uint base = 0; base < chunks; base += STAGE_CHUNKS) {
    const uint end = min(base + STAGE_CHUNKS, chunks);
    Rows<R> rows[ASSAY_DEPTH][P];
    uint c = base + lane;
#pragma unroll
    for (int d = 0; d < ASSAY_DEPTH; d++) {
#pragma unroll
      for (int p = 0; p < P; p++)
        if (c + d * SIMD < end) rows[d][p].load(matrix[p], row, chunks, c + d * SIMD);
    }
    if (base > 0) threadgroup_barrier(mem_flags::mem_threadgroup);
#pragma unroll 2
    for (uint v = tid; v < (end - base) * CHUNK_VECTORS; v += threads) stage[staged(v)] = xv[base * CHUNK_VECTORS + v];
    threadgroup_barrier(mem_flags::mem_threadgroup);
    for (; c < end; c += SIMD) {
      float xs[CHUNK];
      const float sum = load_staged(stage + (c - base) / SIMD * TILE_VECTORS, lane, xs);
#pragma unroll
      for (int p = 0; p < P; p++) rows[0][p].dot(xs, sum, acc + p * R);
#pragma unroll
      for (int d = 1; d < ASSAY_DEPTH; d++) {
#pragma unroll
        for (int p = 0; p < P; p++) rows[d - 1][p] = rows[d][p];
      }
#pragma unroll
      for (int p = 0; p < P; p++)
        if (c + ASSAY_DEPTH * SIMD < end) rows[ASSAY_DEPTH - 1][p].load(matrix[p], row, chunks, c + ASSAY_DEPTH * SIMD);
    }
  }
}

// An index pair that points nowhere gives NaN rather than a fault. Asking first
// also has both indices on their way before either is needed.
inline bool no_such_index(uint from, uint e, constant GatherParams &p) { return from >= p.Rows || e >= p.Experts; }

// Row numbers of one simdgroup's R rows of expert e, the last one repeated past N.
template <int R> inline void rows_of(thread uint *row, uint first, uint N, uint e) {
#pragma unroll
  for (int r = 0; r < R; r++) row[r] = e * N + min(first + uint(r), N - 1);
}

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
  const uint chunks = K / CHUNK;
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
          w[r][j] = fma(scale, code(rows[r / R].codes[r % R], b * BLOCK + j, ALL_BITS), bias);
      }
#pragma unroll
      for (uint i = 0; i < BATCH; i++) {
        if (i < count) {
          uint4 v[2];
          float xs[BLOCK];
#pragma unroll
          for (int k = 0; k < BLOCK_VECTORS; k++) v[k] = stage[i * TILE_VECTORS + (b * BLOCK_VECTORS + k) * SIMD + lane];
          Unpack<T>::block(v, xs);
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
