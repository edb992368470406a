// y[n] = silu(gate[n])·up[n]. Grid: one thread per element.
kernel void KERNEL(swiglu)(
    const device T *gate [[buffer(0)]],
    const device T *up [[buffer(1)]],
    device T *y [[buffer(2)]],
    constant CountParams &p [[buffer(3)]],
    uint3 gid [[thread_position_in_grid]]) {
  const uint i = gid.x;
  if (i < p.N) y[i] = T(silu(float(gate[i])) * float(up[i]));
}
