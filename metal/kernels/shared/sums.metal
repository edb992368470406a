// Sums over the lanes of a simdgroup.

// Sums of N values (a power of two up to 32) over the simdgroup, one for each
// lane: lane i gets that of v[i / (32 / N)]. Halving the values at each exchange
// takes 31 shuffles for 32 values instead of 160.
template <int N, int DISTANCE> struct Exchange {
  static float sum(thread float *v, uint lane) {
    const bool high = (lane & uint(DISTANCE)) != 0;
#pragma unroll
    for (int i = 0; i < N / 2; i++) {
      const float give = high ? v[i] : v[i + N / 2], keep = high ? v[i + N / 2] : v[i];
      v[i] = keep + simd_shuffle_xor(give, ushort(DISTANCE));
    }
    return Exchange<N / 2, DISTANCE / 2>::sum(v, lane);
  }
};
template <int DISTANCE> struct Exchange<1, DISTANCE> {
  static float sum(thread float *v, uint lane) {
    v[0] += simd_shuffle_xor(v[0], ushort(DISTANCE));
    return Exchange<1, DISTANCE / 2>::sum(v, lane);
  }
};
template <> struct Exchange<1, 0> {
  static float sum(thread float *v, uint) { return v[0]; }
};
template <int N> inline float sums_of(thread float *v, uint lane) { return Exchange<N, 16>::sum(v, lane); }
