// Builtin functions of clang, which NVRTC does not have.
constexpr int constant_popcount_(ulong x) { int n = 0; for (; x; x &= x - 1) n++; return n; }
constexpr int constant_ctz_(ulong x) { return constant_popcount_((x & (0 - x)) - 1); }
constexpr int constant_clz_(ulong x) { int n = 0; for (ulong bit = 1ul << 63; bit && !(x & bit); bit >>= 1) n++; return n; }
#define ASSAY_BUILTIN(SUFFIX, T, BITS)                                                                                                      \
  constexpr int __builtin_popcount##SUFFIX(T x) { return __builtin_is_constant_evaluated() ? constant_popcount_(x) : assay_target::popcount(x); } \
  constexpr int __builtin_ctz##SUFFIX(T x) { return __builtin_is_constant_evaluated() ? constant_ctz_(x) : assay_target::popcount((ulong(x) & (0 - ulong(x))) - 1); } \
  constexpr int __builtin_clz##SUFFIX(T x) { return (__builtin_is_constant_evaluated() ? constant_clz_(x) : assay_target::clz(x)) - (64 - BITS); } \
  constexpr int __builtin_ffs##SUFFIX(T x) { return x == 0 ? 0 : __builtin_ctz##SUFFIX(x) + 1; }                                              \
  constexpr int __builtin_parity##SUFFIX(T x) { return __builtin_popcount##SUFFIX(x) & 1; }
ASSAY_BUILTIN(, uint, 32) ASSAY_BUILTIN(l, ulong, 64) ASSAY_BUILTIN(ll, unsigned long long, 64)
#undef ASSAY_BUILTIN
constexpr ushort __builtin_bswap16(ushort x) { return ushort(x >> 8 | x << 8); }
constexpr uint __builtin_bswap32(uint x) { return x >> 24 | (x >> 8 & 0xff00) | (x & 0xff00) << 8 | x << 24; }
constexpr ulong __builtin_bswap64(ulong x) { return ulong(__builtin_bswap32(uint(x))) << 32 | __builtin_bswap32(uint(x >> 32)); }
#define ASSAY_BUILTIN(NAME) constexpr float __builtin_##NAME##f() { return bits_as_const_(0x7f800000u); }
ASSAY_BUILTIN(inf) ASSAY_BUILTIN(huge_val)
#undef ASSAY_BUILTIN
constexpr float __builtin_nanf(const char*) { return bits_as_const_(0x7fc00000u); }
inline void __builtin_trap() { ::__trap(); }
