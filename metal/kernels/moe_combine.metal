// out[M,D] = Σ weights[M,k]·y[M,k,D]. Three kernels, one per rounding of the sum.

template <typename Mode>
inline void moe_combine(const device T *y, const device T *weights, device T *out,
                        constant CombineParams &p, uint d, uint m) {
  if (d >= p.D || m >= p.M) return;
  float total = 0;
  for (uint k = 0; k < p.TopK; k++)
    total = Mode::step(total, float(weights[m * p.TopK + k]), float(y[(m * p.TopK + k) * p.D + d]));
  out[m * p.D + d] = T(total);
}

// Grid: one thread per column (x) of a token (y).
#define COMBINE(name, Mode)                                \
  kernel void KERNEL(name)(                                \
      const device T *y [[buffer(0)]],                     \
      const device T *weights [[buffer(1)]],               \
      device T *out [[buffer(2)]],                         \
      constant CombineParams &p [[buffer(3)]],             \
      uint3 gid [[thread_position_in_grid]]) {             \
    moe_combine<Mode>(y, weights, out, p, gid.x, gid.y);   \
  }

COMBINE(moe_combine_fp32, CombineFP32)
COMBINE(moe_combine_fp32_no_fma, CombineFP32NoFMA)
COMBINE(moe_combine_exact, CombineExact)
