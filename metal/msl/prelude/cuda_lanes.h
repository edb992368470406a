// Exchanges of values between the lanes of a warp.
constexpr uint all_lanes_ = 0xffffffffu;

// words_ applies a shuffle of 32-bit words to a value of any size.
template <class T, class F> inline T words_(T v, F shuffle) {
  constexpr int n = (sizeof(T) + 3) / 4;
  uint w[n] = {};
  ASSAY_COPY_(w, &v, sizeof(T));
  for (int i = 0; i < n; i++) w[i] = shuffle(w[i]);
  T r;
  ASSAY_COPY_(&r, w, sizeof(T));
  return r;
}
template <class T> inline T from_lane_(uint mask, T v, uint lane) { return words_(v, [=](uint w) { return ::__shfl_sync(mask, w, lane); }); }
template <class T> inline T from_xor_(uint mask, T v, uint x) { return words_(v, [=](uint w) { return ::__shfl_xor_sync(mask, w, x); }); }
