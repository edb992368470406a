// out[H,D] = softmax(Scale·q·Kᵀ)·V for one query token over L cached positions;
// head h reads cache h/(H/KV). D at most 256. Grid: one threadgroup of whole
// simdgroups per head (y).
#define PER_LANE 8  // elements of a head per lane, at most

kernel void KERNEL(sdpa)(
    const device T *q [[buffer(0)]],
    const device T *k [[buffer(1)]],
    const device T *v [[buffer(2)]],
    device T *out [[buffer(3)]],
    constant SDPAParams &p [[buffer(4)]],
    uint3 group [[threadgroup_position_in_grid]],
    uint3 size [[threads_per_threadgroup]],
    uint tid [[thread_index_in_threadgroup]],
    uint sg [[simdgroup_index_in_threadgroup]],
    uint lane [[thread_index_in_simdgroup]]) {
  threadgroup float tops[32], sums[32], outs[32 * PER_LANE];
  const uint h = group.y, simdgroups = size.x / 32;
  const uint cache = h / (p.H / p.KV) * p.KVStride;

  float query[PER_LANE], acc[PER_LANE];
#pragma unroll
  for (uint i = 0; i < PER_LANE; i++) {
    const uint d = i * 32 + lane;
    query[i] = d < p.D ? p.Scale * float(q[h * p.D + d]) : 0.0f;
    acc[i] = 0;
  }

  // Each simdgroup keeps a running maximum, sum and output over its positions.
  float top = -INFINITY, sum = 0;
  for (uint l = sg; l < p.L; l += simdgroups) {
    const uint at = (cache + l) * p.D;
    float score = 0;
#pragma unroll
    for (uint i = 0; i < PER_LANE; i++) {
      const uint d = i * 32 + lane;
      if (d < p.D) score = fma(query[i], float(k[at + d]), score);
    }
    score = simd_sum(score);
    const float higher = max(top, score), keep = exp(top - higher), add = exp(score - higher);
    top = higher;
    sum = fma(sum, keep, add);
#pragma unroll
    for (uint i = 0; i < PER_LANE; i++) {
      const uint d = i * 32 + lane;
      if (d < p.D) acc[i] = fma(acc[i], keep, add * float(v[at + d]));
    }
  }

  // Then the simdgroups' results are put on one maximum and added.
  if (lane == 0) {
    tops[sg] = top;
    sums[sg] = sum;
  }
  threadgroup_barrier(mem_flags::mem_threadgroup);
  const float other = lane < simdgroups ? tops[lane] : -INFINITY;
  const float highest = simd_max(other);
  const float all = simd_sum(lane < simdgroups ? sums[lane] * exp(other - highest) : 0.0f);
  const float weight = top == -INFINITY ? 0.0f : exp(top - highest) / all;
  for (uint s = 0; s < simdgroups; s++) {
    if (s == sg) {
#pragma unroll
      for (uint i = 0; i < PER_LANE; i++) {
        const uint at = i * 32 + lane;
        outs[at] = s == 0 ? acc[i] * weight : fma(acc[i], weight, outs[at]);
      }
    }
    threadgroup_barrier(mem_flags::mem_threadgroup);
  }
  for (uint d = tid; d < p.D; d += size.x) out[h * p.D + d] = T(outs[d]);
}
