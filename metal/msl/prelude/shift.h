// Shifts whose counts are masked, as Apple's compiler masks them: with 31 or 63 by
// the width of what is shifted, which integers below int are widened to. The
// renderer writes `a << n` as `a << shift_by_{} << n`, which binds like the operator
// it stands for, and `a <<= n` as `a << shift_to_{} = n`.
struct shift_by_ {};
struct shift_to_ {};
template <class T, bool left> struct shifted_ { T v; };
template <class T> constexpr shifted_<T, true> operator<<(T v, shift_by_) { return {v}; }
template <class T> constexpr shifted_<T, false> operator>>(T v, shift_by_) { return {v}; }
template <class A, class N> constexpr auto shift_left_(A a, N n) {
  if constexpr (is_scalar_v<A> && is_scalar_v<N>) return +a << (int(n) & int(sizeof(+a) * 8 - 1)); else return a << n;
}
template <class A, class N> constexpr auto shift_right_(A a, N n) {
  if constexpr (is_scalar_v<A> && is_scalar_v<N>) return +a >> (int(n) & int(sizeof(+a) * 8 - 1)); else return a >> n;
}
template <class T, class N> constexpr auto operator<<(shifted_<T, true> a, N n) { return shift_left_(a.v, n); }
template <class T, class N> constexpr auto operator>>(shifted_<T, false> a, N n) { return shift_right_(a.v, n); }
template <class T, bool left> struct shifts_ {
  T& to;
  template <class N> constexpr T& operator=(N n) const {
    if constexpr (!is_scalar_v<T> && left) to <<= n;
    else if constexpr (!is_scalar_v<T>) to >>= n;
    else to = static_cast<T>(left ? shift_left_(to, n) : shift_right_(to, n));
    return to;
  }
};
template <class T> constexpr shifts_<remove_reference_t<T>, true> operator<<(T&& to, shift_to_) { return {to}; }
template <class T> constexpr shifts_<remove_reference_t<T>, false> operator>>(T&& to, shift_to_) { return {to}; }
