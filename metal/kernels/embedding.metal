// y[M,D]: dequantized row ids[m] of the table W[V,D]. As MLX dequantizes: the
// product is rounded to T, then the sum. Grid: one thread per element (x) of a
// row (y).
kernel void KERNEL(embedding)(
    const device uint *ids [[buffer(0)]],
    ARGUMENTS(, 1),
    device T *y [[buffer(1 + PLANES)]],
    constant RowParams &p [[buffer(2 + PLANES)]],
    uint3 gid [[thread_position_in_grid]]) {
  const uint d = gid.x, m = gid.y;
  if (d >= p.D || m >= p.M) return;
  const uint row = ids[m], words = p.D / 32 * ASSAY_BITS;
  const uint bit = d * ASSAY_BITS, word = bit / 32, shift = bit % 32;
  uint q = w[row * words + word] >> shift;
  if (shift + ASSAY_BITS > 32) q |= w[row * words + word + 1] << (32 - shift);
  q &= ALL_BITS;
  const uint g = row * (p.D / ASSAY_GROUP) + d / ASSAY_GROUP;
  const float product = float(T(fma(CODE(q), SCALE(scales[g]), 0.0f)));
  y[m * p.D + d] = T(product + BIAS(biases[g]));
}
