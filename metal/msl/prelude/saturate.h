// Floats become integers by rounding to zero, then the nearest value that the
// integer's type has; NaN becomes 0. C++ leaves that undefined. The renderer puts
// ASSAY_TO_ around what casts convert.
template <class To> constexpr To saturated_(float x) {
  if constexpr (assay_target::saturates<To>) return static_cast<To>(x);
  else {
    constexpr float end = 2.0f * float(1ul << (numeric_limits<To>::digits - 1));
    return x != x ? To(0) : x >= end ? numeric_limits<To>::max() : x <= (is_signed_v<To> ? -end : 0.0f) ? numeric_limits<To>::min() : static_cast<To>(x);
  }
}
template <class To, class From> constexpr bool saturates_ = is_integral_v<To> && !is_same_v<To, bool> && is_floating_point_v<From>;
template <class To, class From, enable_if_t<is_arithmetic_v<To>, int> = 0> constexpr auto to_(From v) {
  if constexpr (saturates_<To, From>) return saturated_<To>(static_cast<float>(v)); else return v;
}
template <class To, class From, enable_if_t<!is_arithmetic_v<To>, int> = 0> constexpr From&& to_(From&& v) { return static_cast<From&&>(v); }
template <class To, class From> constexpr To cast_(const From& v) {
  if constexpr (saturates_<To, From>) return saturated_<To>(static_cast<float>(v)); else return static_cast<To>(v);
}
