// index[M]: the place of each row's largest element, the first of equals; NaN
// counts as the smallest. Grid: one threadgroup of whole simdgroups per row (y).

// The larger of two (value, place) candidates; a place of 0xFFFFFFFF is none.
inline bool better(float v, uint i, float best, uint place) {
  return place == 0xFFFFFFFFu || v > best || (v == best && i < place);
}

kernel void KERNEL(argmax)(
    const device T *x [[buffer(0)]],
    device uint *index [[buffer(1)]],
    constant RowParams &p [[buffer(2)]],
    uint3 group [[threadgroup_position_in_grid]],
    uint3 size [[threads_per_threadgroup]],
    uint tid [[thread_index_in_threadgroup]],
    uint sg [[simdgroup_index_in_threadgroup]],
    uint lane [[thread_index_in_simdgroup]]) {
  threadgroup float values[32];
  threadgroup uint places[32];
  const device T *row = x + group.y * p.D;
  const uint simdgroups = size.x / 32;

  float best = -INFINITY;
  uint place = 0xFFFFFFFFu;
  for (uint d = tid; d < p.D; d += size.x) {
    const float v = float(row[d]);
    if (better(isnan(v) ? -INFINITY : v, d, best, place)) {
      best = isnan(v) ? -INFINITY : v;
      place = d;
    }
  }
  const float most = simd_max(best);
  place = simd_min(best == most ? place : 0xFFFFFFFFu);
  if (lane == 0) {
    values[sg] = most;
    places[sg] = place;
  }
  threadgroup_barrier(mem_flags::mem_threadgroup);
  if (tid == 0) {
    for (uint s = 1; s < simdgroups; s++) {
      if (places[s] != 0xFFFFFFFFu && better(values[s], places[s], values[0], places[0])) {
        values[0] = values[s];
        places[0] = places[s];
      }
    }
    index[group.y] = places[0];
  }
}
