// y[H,L,D]: the halves of each head of x rotated by its position's angles,
// position Scale·(Offset+l), frequency Base^(-2i/D) for the pair (i, i+D/2).
// Grid: one thread per pair (x), position (y) and head (z).
kernel void KERNEL(rope)(
    const device T *x [[buffer(0)]],
    device T *y [[buffer(1)]],
    constant RopeParams &p [[buffer(2)]],
    uint3 gid [[thread_position_in_grid]]) {
  const uint half_d = p.D / 2, i = gid.x;
  if (i >= half_d || gid.y >= p.L || gid.z >= p.H) return;
  const float position = p.Scale * float(p.Offset + gid.y);
  const float frequency = precise::exp2(-float(i) / float(half_d) * precise::log2(p.Base));
  // The product's rounding error matters far out in the context: carry it.
  const float angle = position * frequency, rest = fma(position, frequency, -angle);
  const float c0 = precise::cos(angle), s0 = precise::sin(angle);
  const float c = fma(-rest, s0, c0), s = fma(rest, c0, s0);
  const uint at = (gid.z * p.L + gid.y) * p.D + i;
  const float a = float(x[at]), b = float(x[at + half_d]);
  y[at] = T(a * c - b * s);
  y[at + half_d] = T(a * s + b * c);
}
