// An arm of ?: that is an integer literal has the type of the other arm, which is
// what it would be if half and bfloat were no classes.
struct int_arm_ {
  int v;
  constexpr operator int() const { return v; }
  constexpr operator half() const { return half(v); }
  constexpr operator bfloat() const { return bfloat(v); }
  template <class T, int N> constexpr operator vec<T, N>() const { return vec<T, N>(T(v)); }
  template <class T> constexpr operator T*() const { return nullptr; }
};
template <class T> inline __attribute__((always_inline)) constexpr auto beside_int_(T v) {
  if constexpr (is_same_v<T, half> || is_same_v<T, bfloat>) return v;
  else if constexpr (is_scalar_v<T>) return v + 0;
  else return v;
}
// An arm beside one of type O: of a small float type and another float, both are float.
template <class O, class T> inline __attribute__((always_inline)) constexpr auto beside_(T v) {
  typedef decay_t<O> B;
  if constexpr (small_pair_<T, B> && !is_same_v<T, B>) return promote_t_<T, B>(v);
  else return v;
}
