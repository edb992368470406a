// out[M,N]: the down projection of each token's experts, weighted and summed,
// in one kernel. Three kernels, one per rounding of the sum.

#ifndef ASSAY_ROWS
#define ASSAY_ROWS 4  // columns of out per threadgroup
#endif
#define MAX_SIMDGROUPS 32

// The simdgroups of a threadgroup take one expert each; then one thread per
// column adds them up in the experts' order.
template <typename Mode>
inline void gather_qmm_combine(const device T *h, const thread Matrix &down, const device uint *rhs,
                               const device T *weights, device T *out, constant CombineParams &p,
                               threadgroup float *part, uint first, uint m, uint tid, uint sg,
                               uint simdgroups, uint lane) {
  const uint chunks = p.K / CHUNK;
  float total = 0;
  for (uint k0 = 0; k0 < p.TopK; k0 += simdgroups) {
    const uint k = k0 + sg;
    if (k < p.TopK) {
      const uint e = rhs[m * p.TopK + k];
      uint row[ASSAY_ROWS];
      rows_of<ASSAY_ROWS>(row, first, p.D, min(e, p.Experts - 1));
      const device uint4 *x = (const device uint4 *)(h + (m * p.TopK + k) * p.K);
      float acc[ASSAY_ROWS] = {0};
      for (uint c = lane; c < chunks; c += SIMD) {
        Rows<ASSAY_ROWS> rows;
        rows.load(down, row, chunks, c);
        float xs[CHUNK];
        const float sum = load_direct(x, c, xs);
        rows.dot(xs, sum, acc);
      }
      const float v = sums_of<ASSAY_ROWS>(acc, lane);
      if (lane % (SIMD / ASSAY_ROWS) == 0)
        part[sg * ASSAY_ROWS + lane / (SIMD / ASSAY_ROWS)] = e < p.Experts ? v : NAN;
    }
    threadgroup_barrier(mem_flags::mem_threadgroup);
    if (tid < ASSAY_ROWS) {
      const uint used = min(simdgroups, p.TopK - k0);
      for (uint s = 0; s < used; s++)
        total = Mode::step(total, float(weights[m * p.TopK + k0 + s]), Mode::round(part[s * ASSAY_ROWS + tid]));
    }
    threadgroup_barrier(mem_flags::mem_threadgroup);
  }
  if (tid < ASSAY_ROWS && first + tid < p.D) out[m * p.D + first + tid] = T(total);
}

// Grid: threadgroups along x are tokens, along y ASSAY_ROWS columns each, so that
// tokens which share experts run close together.
#define COMBINE(name, Mode)                                                                      \
  kernel void KERNEL(name)(                                                                      \
      const device T *h [[buffer(0)]],                                                           \
      const device uint *w [[buffer(1)]],                                                        \
      const device T *scales [[buffer(2)]],                                                      \
      const device T *biases [[buffer(3)]],                                                      \
      const device uint *rhs [[buffer(4)]],                                                      \
      const device T *weights [[buffer(5)]],                                                     \
      device T *out [[buffer(6)]],                                                               \
      constant CombineParams &p [[buffer(7)]],                                                   \
      uint3 group [[threadgroup_position_in_grid]],                                              \
      uint3 size [[threads_per_threadgroup]],                                                    \
      uint tid [[thread_index_in_threadgroup]],                                                  \
      uint sg [[simdgroup_index_in_threadgroup]],                                                \
      uint lane [[thread_index_in_simdgroup]]) {                                                 \
    threadgroup float part[MAX_SIMDGROUPS * ASSAY_ROWS];                                         \
    Matrix down;                                                                                 \
    down.words = w;                                                                              \
    down.scales = scales;                                                                        \
    down.biases = biases;                                                                        \
    gather_qmm_combine<Mode>(h, down, rhs, weights, out, p, part, group.y * ASSAY_ROWS, group.x, \
                             tid, sg, size.x / SIMD, lane);                                      \
  }

COMBINE(gather_qmm_combine_fp32, CombineFP32)
COMBINE(gather_qmm_combine_fp32_no_fma, CombineFP32NoFMA)
COMBINE(gather_qmm_combine_exact, CombineExact)
