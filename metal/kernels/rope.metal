// The cosine and sine by which the pair (i, i+D/2) is turned at a position, frequency
// Base^(-2i/D).
inline float2 turn_of(float position, uint i, uint half_d, float base) {
  const float frequency = precise::exp2(-float(i) / float(half_d) * precise::log2(base));
  // The product's rounding error matters far out in the context: carry it.
  const float angle = position * frequency, rest = fma(position, frequency, -angle);
  const float c0 = precise::cos(angle), s0 = precise::sin(angle);
  return float2(fma(-rest, s0, c0), fma(rest, c0, s0));
}

// y[M,H,D]: the halves of each head of x rotated by its position's angles, position
// Scale·(at[0]+m). Grid: one thread per pair (x), head (y) and token (z).
kernel void KERNEL(rope)(
    const device T *x [[buffer(0)]],
    const device uint *at [[buffer(1)]],
    device T *y [[buffer(2)]],
    constant RopeParams &p [[buffer(3)]],
    uint3 gid [[thread_position_in_grid]]) {
  const uint half_d = p.D / 2, i = gid.x;
  if (i >= half_d || gid.y >= p.H || gid.z >= p.M) return;
  const float2 turn = turn_of(p.Scale * float(at[0] + gid.z), i, half_d, p.Base);
  const uint first = (gid.z * p.H + gid.y) * p.D + i, second = first + half_d;
  const float a = float(x[first]), b = float(x[second]);
  y[first] = T(a * turn.x - b * turn.y);
  y[second] = T(a * turn.y + b * turn.x);
}

// y[M,H,D]: q rotated; keys and values [KV,Stride,D] from position at[0] on: k rotated,
// and v. With Norm, heads of q and k are normalised first. Grid: one simdgroup per head
// of q, k and v in this order (y) and token (z).
kernel void KERNEL(rope_cache)(
    const device T *q [[buffer(0)]],
    const device T *k [[buffer(1)]],
    const device T *v [[buffer(2)]],
    const device T *q_norm [[buffer(3)]],
    const device T *k_norm [[buffer(4)]],
    const device uint *at [[buffer(5)]],
    device T *y [[buffer(6)]],
    device T *keys [[buffer(7)]],
    device T *values [[buffer(8)]],
    constant RopeCacheParams &p [[buffer(9)]],
    uint3 group [[threadgroup_position_in_grid]],
    uint lane [[thread_index_in_simdgroup]]) {
  const uint m = group.z, position = at[0] + m, half_d = p.D / 2;
  const bool query = group.y < p.H, value = group.y >= p.H + p.KV;
  if (!query && (at[0] >= p.Stride || position >= p.Stride)) return;
  const uint h = query ? group.y : (group.y - p.H) % p.KV;
  const device T *x = query ? q + (m * p.H + h) * p.D : (value ? v : k) + (m * p.KV + h) * p.D;
  device T *to = query ? y + (m * p.H + h) * p.D : (value ? values : keys) + (h * p.Stride + position) * p.D;
  if (value) {
    for (uint d = lane; d < p.D; d += 32) to[d] = x[d];
    return;
  }
  const device T *norm = query ? q_norm : k_norm;
  float factor = 1;
  if (p.Norm == 1) {
    float squares = 0;
    for (uint d = lane; d < p.D; d += 32) squares = fma(float(x[d]), float(x[d]), squares);
    factor = 1.0f / sqrt(simd_sum(squares) / float(p.D) + p.Eps);
  }
  for (uint i = lane; i < half_d; i += 32) {
    float a = float(x[i]), b = float(x[i + half_d]);
    if (p.Norm == 1) {
      a *= factor * float(norm[i]);
      b *= factor * float(norm[i + half_d]);
    }
    const float2 turn = turn_of(p.Scale * float(position), i, half_d, p.Base);
    to[i] = T(a * turn.x - b * turn.y);
    to[i + half_d] = T(a * turn.y + b * turn.x);
  }
}
