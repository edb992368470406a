// Where the next step stands. Grid: one thread.
kernel void KERNEL(advance)(
    const device uint *at [[buffer(0)]],
    device uint *next [[buffer(1)]],
    constant AdvanceParams &p [[buffer(2)]],
    uint3 gid [[thread_position_in_grid]]) {
  if (gid.x > 0) return;
  const uint to = at[0] + p.Step;
  next[0] = to < p.End ? to : p.First;
}
