// Rows of quantized weights against several rows of x, and how those of one
// expert are found.

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
        const float scale = SCALE_OF(rows[r / R], r % R, b), bias = BIAS_OF(rows[r / R], r % R);
        const float even = fma(scale, -EVEN_OFFSET, bias), odd = fma(scale, -ODD_OFFSET, bias);
        codes_of_block(rows[r / R].codes[r % R], b, exponent, w[r]);
#pragma unroll
        for (int j = 0; j < BLOCK; j++) w[r][j] = fma(scale, w[r][j], j % 2 == 0 ? even : odd);
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
