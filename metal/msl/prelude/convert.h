// Conversions of the small float types: the target's instructions at run time,
// arithmetic on bits where a constant is wanted.
constexpr float half_bits_to_float_(ushort h) {
  uint sign = uint(h & 0x8000) << 16, exponent = h >> 10 & 31, fraction = h & 0x3ff;
  if (exponent == 31) return __builtin_bit_cast(float, sign | 0x7f800000u | fraction << 13);
  if (exponent == 0) return (sign ? -1.0f : 1.0f) * float(fraction) * 5.9604644775390625e-08f;
  return __builtin_bit_cast(float, sign | (exponent + 112) << 23 | fraction << 13);
}
constexpr ushort float_to_half_bits_(float f) {
  uint bits = __builtin_bit_cast(uint, f), sign = bits >> 16 & 0x8000, rest = bits & 0x7fffffffu;
  if (rest > 0x7f800000u) return ushort(sign | 0x7e00);
  if (rest >= 0x47800000u) return ushort(sign | 0x7c00);
  uint fraction = (rest & 0x7fffffu) | 0x800000u, shift = 13;
  int exponent = int(rest >> 23) - 112;
  if (exponent <= 0) {
    if (exponent < -10) return ushort(sign);
    shift += uint(1 - exponent);
    exponent = 0;
  } else fraction &= 0x7fffffu;
  uint h = (uint(exponent) << 10) + (fraction >> shift), half_ulp = 1u << (shift - 1), lost = fraction & ((1u << shift) - 1);
  if (lost > half_ulp || (lost == half_ulp && (h & 1))) h++;
  return ushort(sign | h);
}
#ifdef ASSAY_SOFT_HALF_
constexpr float half_to_float_(ushort h) { return half_bits_to_float_(h); }
constexpr ushort float_to_half_(float f) { return float_to_half_bits_(f); }
#else
constexpr float half_to_float_(ushort h) { return __builtin_is_constant_evaluated() ? half_bits_to_float_(h) : assay_target::half_to_float(h); }
constexpr ushort float_to_half_(float f) { return __builtin_is_constant_evaluated() ? float_to_half_bits_(f) : assay_target::float_to_half(f); }
#endif
constexpr float bfloat_to_float_(ushort h) { return __builtin_bit_cast(float, uint(h) << 16); }
constexpr ushort float_to_bfloat_(float f) {
  uint bits = __builtin_bit_cast(uint, f);
  if ((bits & 0x7fffffffu) > 0x7f800000u) return ushort(bits >> 16 | 0x40);
  return ushort((bits + 0x7fffu + (bits >> 16 & 1)) >> 16);
}
