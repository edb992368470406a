#ifndef REAL
#define REAL float
#endif
kernel void other(
    device const half *halves,
    device const uchar4 *raw,
    device const half2 *pairs,
    constant uint &n,
    constant int &k,
    device REAL *out,
    uint i [[thread_position_in_grid]]) {
  out[i] = REAL(float(halves[i]) + float(raw[i].x) + float(pairs[i].x) + float(int(n) + k));
}
