// indices[M,k], weights[M,k]: softmax of logits[M,E] in float32, the k largest
// probabilities, largest first and the lower index first of equals. NaN counts
// as the smallest. Grid: one simdgroup per token (y).

// Orders floats as unsigned integers: larger float, larger key.
inline uint key_of(float v) {
  const uint bits = as_type<uint>(isnan(v) ? -INFINITY : v);
  return (bits & 0x80000000u) != 0 ? ~bits : bits | 0x80000000u;
}

kernel void KERNEL(topk_gating)(
    const device T *logits [[buffer(0)]],
    device uint *indices [[buffer(1)]],
    device T *weights [[buffer(2)]],
    constant GatingParams &p [[buffer(3)]],
    uint3 group [[threadgroup_position_in_grid]],
    uint lane [[thread_index_in_simdgroup]]) {
  const device T *row = logits + group.y * p.Experts;
  device uint *chosen = indices + group.y * p.TopK;
  device T *weight = weights + group.y * p.TopK;

  float top = -INFINITY;
  for (uint e = lane; e < p.Experts; e += 32) top = max(top, float(row[e]));
  top = simd_max(top);
  float all = 0;
  for (uint e = lane; e < p.Experts; e += 32) all += exp(float(row[e]) - top);
  all = simd_sum(all);

  // Each turn takes the largest (key, then lowest index) after the one before.
  uint last_key = 0xFFFFFFFFu, last = 0xFFFFFFFFu;
  float chosen_sum = 0;
  for (uint k = 0; k < p.TopK; k++) {
    uint best_key = 0, best = 0xFFFFFFFFu;
    for (uint e = lane; e < p.Experts; e += 32) {
      const uint key = key_of(float(row[e]));
      const bool left = last == 0xFFFFFFFFu || key < last_key || (key == last_key && e > last);
      if (left && (best == 0xFFFFFFFFu || key > best_key)) {
        best_key = key;
        best = e;
      }
    }
    const uint most = simd_max(best_key);
    best = simd_min(best_key == most ? best : 0xFFFFFFFFu);
    last_key = most;
    last = best;
    const float probability = exp(float(row[best]) - top) / all;
    chosen_sum += probability;
    if (lane == 0) {
      chosen[k] = best;
      if (p.Norm == 0) weight[k] = T(probability);
    }
  }
  if (p.Norm == 0) return;
  simdgroup_barrier(mem_flags::mem_device);
  for (uint k = lane; k < p.TopK; k += 32) weight[k] = T(exp(float(row[chosen[k]]) - top) / all / chosen_sum);
}
