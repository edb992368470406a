// y[n] = a[n] + b[n]. Grid: one thread per element.
kernel void KERNEL(add)(
    const device T *a [[buffer(0)]],
    const device T *b [[buffer(1)]],
    device T *y [[buffer(2)]],
    constant CountParams &p [[buffer(3)]],
    uint3 gid [[thread_position_in_grid]]) {
  const uint i = gid.x;
  if (i < p.N) y[i] = T(float(a[i]) + float(b[i]));
}
