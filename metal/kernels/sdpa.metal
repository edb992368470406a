// out[M,H,D] = softmax(Scale·q·Kᵀ)·V over the positions 0 to at[0]+m of the cache of
// head h/(H/KV). D at most 256.
#define MOST_PER_LANE 8  // elements of a head per lane
#define TOGETHER 4       // positions whose keys and values are on their way at once

// What a simdgroup has seen of some positions of a head: acc = Σ e^(score-top)·V of
// N elements a lane, sum = Σ e^(score-top).
template <uint N>
inline void attend(thread float *acc, thread float &top, thread float &sum, const device T *q, const device T *keys,
                   const device T *values, uint from, uint to, uint step, uint D, float scale, uint lane) {
  float query[N];
#pragma unroll
  for (uint i = 0; i < N; i++) {
    const uint d = i * 32 + lane;
    query[i] = d < D ? scale * float(q[d]) : 0.0f;
  }
  for (uint l = from; l < to; l += TOGETHER * step) {
    float score[TOGETHER], value[TOGETHER][N];
#pragma unroll
    for (uint j = 0; j < TOGETHER; j++) {
      const uint row = (l + j * step < to ? l + j * step : l) * D;
      score[j] = 0;
#pragma unroll
      for (uint i = 0; i < N; i++) {
        const uint d = i * 32 + lane;
        if (d < D) score[j] = fma(query[i], float(keys[row + d]), score[j]);
        value[j][i] = d < D ? float(values[row + d]) : 0.0f;
      }
    }
    float higher = top;
#pragma unroll
    for (uint j = 0; j < TOGETHER; j++) {
      const float all = simd_sum(score[j]);
      score[j] = l + j * step < to ? all : -INFINITY;
      higher = max(higher, score[j]);
    }
    const float keep = exp(top - higher);
    top = higher;
    sum *= keep;
#pragma unroll
    for (uint i = 0; i < N; i++) acc[i] *= keep;
#pragma unroll
    for (uint j = 0; j < TOGETHER; j++) {
      const float weight = exp(score[j] - higher);
      sum += weight;
#pragma unroll
      for (uint i = 0; i < N; i++) acc[i] = fma(weight, value[j][i], acc[i]);
    }
  }
}

// Each simdgroup takes every so many positions. Grid: one threadgroup of whole
// simdgroups per head (y) and token (z).
kernel void KERNEL(sdpa)(
    const device T *q [[buffer(0)]],
    const device T *keys [[buffer(1)]],
    const device T *values [[buffer(2)]],
    const device uint *at [[buffer(3)]],
    device T *out [[buffer(4)]],
    constant SDPAParams &p [[buffer(5)]],
    uint3 group [[threadgroup_position_in_grid]],
    uint3 size [[threads_per_threadgroup]],
    uint tid [[thread_index_in_threadgroup]],
    uint sg [[simdgroup_index_in_threadgroup]],
    uint lane [[thread_index_in_simdgroup]]) {
  threadgroup float tops[32], sums[32], outs[32 * MOST_PER_LANE];
  const uint h = group.y, row = (group.z * p.H + h) * p.D, simdgroups = size.x / 32;
  const uint last = at[0] + group.z;
  if (at[0] >= p.Stride || last >= p.Stride) {
    for (uint d = tid; d < p.D; d += size.x) out[row + d] = T(NAN);
    return;
  }
  const uint cache = h / (p.H / p.KV) * p.Stride * p.D;

  float acc[MOST_PER_LANE] = {0}, top = -INFINITY, sum = 0;
  if (p.D <= 128) {
    attend<4>(acc, top, sum, q + row, keys + cache, values + cache, sg, last + 1, simdgroups, p.D, p.Scale, lane);
  } else {
    attend<8>(acc, top, sum, q + row, keys + cache, values + cache, sg, last + 1, simdgroups, p.D, p.Scale, lane);
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
      for (uint i = 0; i < MOST_PER_LANE; i++) {
        const uint d = i * 32 + lane;
        outs[d] = s == 0 ? acc[i] * weight : fma(acc[i], weight, outs[d]);
      }
    }
    threadgroup_barrier(mem_flags::mem_threadgroup);
  }
  for (uint d = tid; d < p.D; d += size.x) out[row + d] = T(outs[d]);
}

// Grid: one threadgroup of whole simdgroups per KV head (y) and part of the context
// (z). Its simdgroups take query heads in turn, so that they read the same keys and
// values at about the same time.
kernel void KERNEL(sdpa_split)(
    const device T *q [[buffer(0)]],
    const device T *keys [[buffer(1)]],
    const device T *values [[buffer(2)]],
    const device uint *at [[buffer(3)]],
    device float *parts [[buffer(4)]],
    device float *sums [[buffer(5)]],
    constant SplitParams &p [[buffer(6)]],
    uint3 group [[threadgroup_position_in_grid]],
    uint3 size [[threads_per_threadgroup]],
    uint sg [[simdgroup_index_in_threadgroup]],
    uint lane [[thread_index_in_simdgroup]]) {
  const bool inside = at[0] < p.Stride;
  const uint cached = inside ? at[0] + 1 : 0, per = (cached + p.Splits - 1) / p.Splits;
  const uint from = min(group.z * per, cached), to = min(from + per, cached);
  const uint cache = group.y * p.Stride * p.D, heads = p.H / p.KV;
  for (uint i = sg; i < heads; i += size.x / 32) {
    const uint h = group.y * heads + i, part = h * p.Splits + group.z;
    float acc[MOST_PER_LANE] = {0}, top = -INFINITY, sum = inside ? 0.0f : NAN;
    if (p.D <= 128) {
      attend<4>(acc, top, sum, q + h * p.D, keys + cache, values + cache, from, to, 1, p.D, p.Scale, lane);
    } else {
      attend<8>(acc, top, sum, q + h * p.D, keys + cache, values + cache, from, to, 1, p.D, p.Scale, lane);
    }
#pragma unroll
    for (uint e = 0; e < MOST_PER_LANE; e++) {
      const uint d = e * 32 + lane;
      if (d < p.D) parts[part * p.D + d] = acc[e];
    }
    if (lane == 0) {
      sums[2 * part] = top;
      sums[2 * part + 1] = sum;
    }
  }
}

// Grid: one threadgroup per head (y), a thread per element (x).
kernel void KERNEL(sdpa_merge)(
    const device float *parts [[buffer(0)]],
    const device float *sums [[buffer(1)]],
    device T *out [[buffer(2)]],
    constant SplitParams &p [[buffer(3)]],
    uint3 group [[threadgroup_position_in_grid]],
    uint tid [[thread_index_in_threadgroup]]) {
  const uint h = group.y, d = tid, first = h * p.Splits;
  if (d >= p.D) return;
  float highest = -INFINITY, sum = 0, acc = 0;
  for (uint s = 0; s < p.Splits; s++) highest = max(highest, sums[2 * (first + s)]);
  for (uint s = 0; s < p.Splits; s++) {
    const float weight = exp(sums[2 * (first + s)] - highest);
    sum = fma(weight, sums[2 * (first + s) + 1], sum);
    acc = fma(weight, parts[(first + s) * p.D + d], acc);
  }
  out[h * p.D + d] = T(acc / sum);
}
