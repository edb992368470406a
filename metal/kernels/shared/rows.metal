// Rows of quantized weights against one row of x.

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
