// A row softmax in the way of MLX's kernels: partial results of simdgroups
// meet in threadgroup memory.
#include <metal_common>
#include <metal_simdgroup>
using namespace metal;

#define MLX_MTL_CONST static constant constexpr const
MLX_MTL_CONST int SIMD_SIZE = 32;
MLX_MTL_CONST int N_READS = 4;

template <typename T> inline T softmax_exp(T x) { return fast::exp(x); }

template <typename T, typename AccT = T, int reads = N_READS>
[[kernel]] void softmax_row(const device T* in, device T* out, constant int& axis_size,
                            uint gid [[threadgroup_position_in_grid]], uint lid [[thread_position_in_threadgroup]],
                            uint simd_lane_id [[thread_index_in_simdgroup]], uint simd_group_id [[simdgroup_index_in_threadgroup]]) {
  threadgroup AccT local_max[SIMD_SIZE];
  threadgroup AccT local_normalizer[SIMD_SIZE];
  AccT ld[reads];
  in += gid * size_t(axis_size) + lid * reads;
  for (int i = 0; i < reads; i++) ld[i] = ((lid * reads + i) < uint(axis_size)) ? AccT(in[i]) : AccT(-INFINITY);
  if (simd_group_id == 0) {
    local_max[simd_lane_id] = metal::numeric_limits<AccT>::lowest();
    local_normalizer[simd_lane_id] = 0;
  }
  threadgroup_barrier(mem_flags::mem_threadgroup);
  AccT maxval = metal::numeric_limits<AccT>::lowest();
  for (int i = 0; i < reads; i++) maxval = (maxval < ld[i]) ? ld[i] : maxval;
  maxval = simd_max(maxval);
  if (simd_lane_id == 0) local_max[simd_group_id] = maxval;
  threadgroup_barrier(mem_flags::mem_threadgroup);
  if (simd_group_id == 0) {
    maxval = simd_max(local_max[simd_lane_id]);
    if (simd_lane_id == 0) local_max[0] = maxval;
  }
  threadgroup_barrier(mem_flags::mem_threadgroup);
  maxval = local_max[0];
  AccT normalizer = 0;
  for (int i = 0; i < reads; i++) {
    ld[i] = softmax_exp(ld[i] - maxval);
    normalizer += ld[i];
  }
  normalizer = simd_sum(normalizer);
  if (simd_lane_id == 0) local_normalizer[simd_group_id] = normalizer;
  threadgroup_barrier(mem_flags::mem_threadgroup);
  if (simd_group_id == 0) {
    normalizer = simd_sum(local_normalizer[simd_lane_id]);
    if (simd_lane_id == 0) local_normalizer[0] = normalizer;
  }
  threadgroup_barrier(mem_flags::mem_threadgroup);
  normalizer = 1 / local_normalizer[0];
  out += gid * size_t(axis_size) + lid * reads;
  for (int i = 0; i < reads; i++) if ((lid * reads + i) < uint(axis_size)) out[i] = T(ld[i] * normalizer);
}

#define instantiate_kernel(name, func, ...) \
  template [[host_name(name)]] [[kernel]] decltype(func<__VA_ARGS__>) func<__VA_ARGS__>;
instantiate_kernel("block_softmax_float32", softmax_row, float)
instantiate_kernel("block_softmax_precise_float16", softmax_row, half, float)
instantiate_kernel("block_softmax_precise_bfloat16", softmax_row, bfloat, float)
