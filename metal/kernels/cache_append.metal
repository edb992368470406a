// Keys and values [KV,Stride,D] of M more tokens, from position at[0] on. Grid: one
// thread per element (x) of a head (y) of a token (z).
kernel void KERNEL(cache_append)(
    const device T *k [[buffer(0)]],
    const device T *v [[buffer(1)]],
    const device uint *at [[buffer(2)]],
    device T *keys [[buffer(3)]],
    device T *values [[buffer(4)]],
    constant CacheParams &p [[buffer(5)]],
    uint3 gid [[thread_position_in_grid]]) {
  const uint d = gid.x, h = gid.y, m = gid.z, position = at[0] + m;
  if (d >= p.D || h >= p.KV || m >= p.M || at[0] >= p.Stride || position >= p.Stride) return;
  const uint from = (m * p.KV + h) * p.D + d, to = (h * p.Stride + position) * p.D + d;
  keys[to] = k[from];
  values[to] = v[from];
}
