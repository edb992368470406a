// Vector types. Swizzles are member functions (v.zyx is written v.zyx_(), and
// v.zyx_ref_() where it is assigned to), declared for those in use.
template <class T, int N> struct vec;
template <class T, int N> struct packed_vec;

// What counts as a vector in expressions.
template <class V> struct vec_traits_ { static constexpr int n = 0; typedef V elem; };
template <class T, int N> struct vec_traits_<vec<T, N>> { static constexpr int n = N; typedef T elem; };
template <class T, int N> struct vec_traits_<packed_vec<T, N>> { static constexpr int n = N; typedef T elem; };
template <class V> constexpr bool is_vec_ = (vec_traits_<V>::n > 0);
template <class V> using elem_ = typename vec_traits_<V>::elem;
template <class V> using plain_vec_ = vec<elem_<V>, vec_traits_<V>::n>;

// The components of a vector that an assignment to a swizzle writes.
template <class T, int... I> struct swizzle_ref_ {
  T* p_;
  typedef vec<T, sizeof...(I)> value;
  value get_() const { return value(p_[I]...); }
  const swizzle_ref_& operator=(const value& v) const { int i = 0; ((p_[I] = v[i++]), ...); return *this; }
  template <class V> void operator+=(const V& v) const { *this = get_() + v; }
  template <class V> void operator-=(const V& v) const { *this = get_() - v; }
  template <class V> void operator*=(const V& v) const { *this = get_() * v; }
  template <class V> void operator/=(const V& v) const { *this = get_() / v; }
  template <class V> void operator%=(const V& v) const { *this = get_() % v; }
  template <class V> void operator&=(const V& v) const { *this = get_() & v; }
  template <class V> void operator|=(const V& v) const { *this = get_() | v; }
  template <class V> void operator^=(const V& v) const { *this = get_() ^ v; }
  template <class V> void operator<<=(const V& v) const { *this = get_() << v; }
  template <class V> void operator>>=(const V& v) const { *this = get_() >> v; }
};

template <class... A> struct count_ { static constexpr int n = 0; };
template <class A, class... R> struct count_<A, R...> {
  static constexpr int n = (is_vec_<A> ? vec_traits_<A>::n : 1) + count_<R...>::n; };
template <class V, class A> constexpr void fill_(V& v, int& at, const A& a) {
  if constexpr (is_vec_<A>) {
    for (int i = 0; i < vec_traits_<A>::n; i++) v.set_(at++, cast_<elem_<V>>(a[i]));
  } else {
    v.set_(at++, cast_<elem_<V>>(a));
  }
}

#define ASSAY_VEC_BODY(N)                                                                    \
  typedef T elem_type_;                                                                     \
  vec() = default;                                                                          \
  template <class... A, enable_if_t<(sizeof...(A) > 1) && count_<A...>::n == N, int> = 0>   \
  constexpr vec(A... a) : vec(zero_{}) { int at = 0; (fill_(*this, at, a), ...); }          \
  template <class S, enable_if_t<is_scalar_v<S>, int> = 0> /* in braces: what is left is 0 */ \
  constexpr vec(std::initializer_list<S> l) : vec(zero_{}) { for (int i = 0; i < int(l.size()); i++) set_(i, cast_<T>(l.begin()[i])); } \
  template <class V, enable_if_t<vec_traits_<V>::n == N && !is_same_v<elem_<V>, T>, int> = 0> \
  explicit constexpr vec(const V& v) : vec(zero_{}) { int at = 0; fill_(*this, at, v); }    \
  T& operator[](int i) { return reinterpret_cast<T*>(this)[i]; }                            \
  T& operator[](uint i) { return reinterpret_cast<T*>(this)[i]; }                           \
  template <class I> T& operator[](I i) { return reinterpret_cast<T*>(this)[i]; }

template <class T> struct alignas(2 * sizeof(T)) vec<T, 2> {
  struct zero_ {};
  T x; T y;
  ASSAY_SWIZZLES_2_
  constexpr vec(zero_) : x(), y() {}
  template <class S, enable_if_t<is_scalar_v<S>, int> = 0> constexpr vec(S s) : x(cast_<T>(s)), y(cast_<T>(s)) {}
  constexpr vec(T a, T b) : x(a), y(b) {}
  constexpr void set_(int i, T v) { (i == 0 ? x : y) = v; }
  constexpr T operator[](int i) const { return i == 0 ? x : y; }
  ASSAY_VEC_BODY(2)
};
template <class T> struct alignas(4 * sizeof(T)) vec<T, 3> {
  struct zero_ {};
  T x; T y; T z;
  ASSAY_SWIZZLES_3_
  constexpr vec(zero_) : x(), y(), z() {}
  template <class S, enable_if_t<is_scalar_v<S>, int> = 0> constexpr vec(S s) : x(cast_<T>(s)), y(cast_<T>(s)), z(cast_<T>(s)) {}
  constexpr vec(T a, T b, T c) : x(a), y(b), z(c) {}
  constexpr void set_(int i, T v) { (i == 0 ? x : i == 1 ? y : z) = v; }
  constexpr T operator[](int i) const { return i == 0 ? x : i == 1 ? y : z; }
  ASSAY_VEC_BODY(3)
};
template <class T> struct alignas(4 * sizeof(T)) vec<T, 4> {
  struct zero_ {};
  T x; T y; T z; T w;
  ASSAY_SWIZZLES_4_
  constexpr vec(zero_) : x(), y(), z(), w() {}
  template <class S, enable_if_t<is_scalar_v<S>, int> = 0> constexpr vec(S s) : x(cast_<T>(s)), y(cast_<T>(s)), z(cast_<T>(s)), w(cast_<T>(s)) {}
  constexpr vec(T a, T b, T c, T d) : x(a), y(b), z(c), w(d) {}
  constexpr void set_(int i, T v) { (i == 0 ? x : i == 1 ? y : i == 2 ? z : w) = v; }
  constexpr T operator[](int i) const { return i == 0 ? x : i == 1 ? y : i == 2 ? z : w; }
  ASSAY_VEC_BODY(4)
};

// Packed vectors have their elements' alignment and no padding.
#define ASSAY_PACKED(N)                                                                     \
    packed_vec() = default;                                                                 \
    template <class... A, enable_if_t<(sizeof...(A) > 1) && count_<A...>::n == N, int> = 0> \
    constexpr packed_vec(A... a) : packed_vec(vec<T, N>(a...)) {}                           \
    template <class S, enable_if_t<is_scalar_v<S>, int> = 0> constexpr packed_vec(S s) : packed_vec(vec<T, N>(s)) {} \
    template <class V, enable_if_t<vec_traits_<V>::n == N && !is_same_v<elem_<V>, T>, int> = 0> \
    explicit constexpr packed_vec(const V& v) : packed_vec(vec<T, N>(v)) {}                 \
    T& operator[](int i) { return reinterpret_cast<T*>(this)[i]; }                          \
    const T& operator[](int i) const { return reinterpret_cast<const T*>(this)[i]; }        \
    template <class V> packed_vec& operator+=(const V& v) { return *this = vec<T, N>(*this) + v; } \
    template <class V> packed_vec& operator-=(const V& v) { return *this = vec<T, N>(*this) - v; } \
    template <class V> packed_vec& operator*=(const V& v) { return *this = vec<T, N>(*this) * v; } \
    template <class V> packed_vec& operator/=(const V& v) { return *this = vec<T, N>(*this) / v; }
template <class T> struct packed_vec<T, 2> {
  T x; T y;
  ASSAY_SWIZZLES_2_
  constexpr packed_vec(const vec<T, 2>& v) : x(v.x), y(v.y) {}
  constexpr operator vec<T, 2>() const { return vec<T, 2>(x, y); }
  ASSAY_PACKED(2)
};
template <class T> struct packed_vec<T, 3> {
  T x; T y; T z;
  ASSAY_SWIZZLES_3_
  constexpr packed_vec(const vec<T, 3>& v) : x(v.x), y(v.y), z(v.z) {}
  constexpr operator vec<T, 3>() const { return vec<T, 3>(x, y, z); }
  ASSAY_PACKED(3)
};
template <class T> struct packed_vec<T, 4> {
  T x; T y; T z; T w;
  ASSAY_SWIZZLES_4_
  constexpr packed_vec(const vec<T, 4>& v) : x(v.x), y(v.y), z(v.z), w(v.w) {}
  constexpr operator vec<T, 4>() const { return vec<T, 4>(x, y, z, w); }
  ASSAY_PACKED(4)
};

#define ASSAY_NAMES(T)                                                                      \
  typedef vec<T, 2> T##2; typedef vec<T, 3> T##3; typedef vec<T, 4> T##4;                   \
  typedef packed_vec<T, 2> packed_##T##2; typedef packed_vec<T, 3> packed_##T##3; typedef packed_vec<T, 4> packed_##T##4;
ASSAY_NAMES(bool) ASSAY_NAMES(char) ASSAY_NAMES(uchar) ASSAY_NAMES(short) ASSAY_NAMES(ushort) ASSAY_NAMES(int) ASSAY_NAMES(uint)
ASSAY_NAMES(long) ASSAY_NAMES(ulong) ASSAY_NAMES(half) ASSAY_NAMES(bfloat) ASSAY_NAMES(float)
#undef ASSAY_NAMES

// Operators. A scalar operand takes the vector's element type.
template <class A, class B> constexpr bool vec_pair_ = (is_vec_<A> || is_vec_<B>) &&
    (is_vec_<A> || is_scalar_v<A>) && (is_vec_<B> || is_scalar_v<B>);
template <class A, class B> struct pair_traits_ {
  static constexpr int n = is_vec_<A> ? vec_traits_<A>::n : vec_traits_<B>::n;
  typedef conditional_t<is_vec_<A>, elem_<A>, elem_<B>> elem;
  static_assert(!is_vec_<A> || !is_vec_<B> || (vec_traits_<A>::n == vec_traits_<B>::n && is_same_v<elem_<A>, elem_<B>>),
                "vector operands must have one type");
};
template <class E, class A> constexpr E lane_(const A& a, int i) {
  if constexpr (is_vec_<A>) return a[i]; else return cast_<E>(a);
}
#define ASSAY_OP(OP, MASK)                                                                  \
  template <class A, class B, enable_if_t<vec_pair_<A, B>, int> = 0>                        \
  constexpr auto operator OP(const A& a, const B& b) {                                      \
    typedef typename pair_traits_<A, B>::elem E;                                            \
    vec<E, pair_traits_<A, B>::n> r(E(0));                                                  \
    for (int i = 0; i < pair_traits_<A, B>::n; i++) r.set_(i, static_cast<E>(lane_<E>(a, i) OP (lane_<E>(b, i) MASK))); \
    return r; }                                                                             \
  template <class T, int N, class B>                                                        \
  constexpr vec<T, N>& operator OP##=(vec<T, N>& a, const B& b) { return a = a OP b; }
ASSAY_OP(+, ) ASSAY_OP(-, ) ASSAY_OP(*, ) ASSAY_OP(/, ) ASSAY_OP(%, ) ASSAY_OP(&, ) ASSAY_OP(|, ) ASSAY_OP(^, )
ASSAY_OP(<<, & E(sizeof(E) * 8 - 1)) ASSAY_OP(>>, & E(sizeof(E) * 8 - 1)) // counts are masked, as in shift.h
#undef ASSAY_OP
#define ASSAY_OP(OP)                                                                        \
  template <class A, class B, enable_if_t<vec_pair_<A, B>, int> = 0>                        \
  constexpr auto operator OP(const A& a, const B& b) {                                      \
    typedef typename pair_traits_<A, B>::elem E;                                            \
    vec<bool, pair_traits_<A, B>::n> r(false);                                              \
    for (int i = 0; i < pair_traits_<A, B>::n; i++) r.set_(i, lane_<E>(a, i) OP lane_<E>(b, i)); \
    return r; }
ASSAY_OP(==) ASSAY_OP(!=) ASSAY_OP(<) ASSAY_OP(>) ASSAY_OP(<=) ASSAY_OP(>=) ASSAY_OP(&&) ASSAY_OP(||)
#undef ASSAY_OP
#define ASSAY_OP(OP, R)                                                                     \
  template <class V, enable_if_t<is_vec_<V>, int> = 0>                                      \
  constexpr auto operator OP(const V& v) {                                                  \
    vec<R, vec_traits_<V>::n> r(R(0));                                                      \
    for (int i = 0; i < vec_traits_<V>::n; i++) r.set_(i, static_cast<R>(OP v[i]));         \
    return r; }
ASSAY_OP(-, elem_<V>) ASSAY_OP(~, elem_<V>) ASSAY_OP(!, bool)
#undef ASSAY_OP

// Matrices: columns of vectors, as far as kernels use them as blocks of numbers.
template <class T, int C, int R> struct matrix {
  vec<T, R> columns[C];
  matrix() = default;
  template <class S, enable_if_t<is_scalar_v<S>, int> = 0> explicit matrix(S s) {
    for (int c = 0; c < C; c++) for (int r = 0; r < R; r++) columns[c][r] = c == r ? T(s) : T(0);
  }
  template <class... V, enable_if_t<sizeof...(V) == C && (C > 1), int> = 0> matrix(V... v) { int c = 0; ((columns[c++] = vec<T, R>(v)), ...); }
  template <class U, enable_if_t<!is_same_v<U, T>, int> = 0> explicit matrix(const matrix<U, C, R>& m) { for (int c = 0; c < C; c++) columns[c] = vec<T, R>(m[c]); }
  vec<T, R>& operator[](int i) { return columns[i]; }
  const vec<T, R>& operator[](int i) const { return columns[i]; }
};
#define ASSAY_NAMES(T)                                                                      \
  typedef matrix<T, 2, 2> T##2x2; typedef matrix<T, 2, 3> T##2x3; typedef matrix<T, 2, 4> T##2x4; \
  typedef matrix<T, 3, 2> T##3x2; typedef matrix<T, 3, 3> T##3x3; typedef matrix<T, 3, 4> T##3x4; \
  typedef matrix<T, 4, 2> T##4x2; typedef matrix<T, 4, 3> T##4x3; typedef matrix<T, 4, 4> T##4x4;
ASSAY_NAMES(float) ASSAY_NAMES(half) ASSAY_NAMES(bfloat)
#undef ASSAY_NAMES
template <class T, int C, int R> inline vec<T, R> operator*(const matrix<T, C, R>& m, const vec<T, C>& v) {
  vec<T, R> r = m[0] * v[0];
  for (int c = 1; c < C; c++) r += m[c] * v[c];
  return r;
}
template <class T, int C, int R> inline vec<T, C> operator*(const vec<T, R>& v, const matrix<T, C, R>& m) {
  vec<T, C> r(T(0));
  for (int c = 0; c < C; c++) r.set_(c, dot(v, m[c]));
  return r;
}
#define ASSAY_OP(OP) \
  template <class T, int C, int R> inline matrix<T, C, R> operator OP(const matrix<T, C, R>& a, const matrix<T, C, R>& b) { \
    matrix<T, C, R> m;                                                                      \
    for (int c = 0; c < C; c++) m[c] = a[c] OP b[c];                                        \
    return m; }
ASSAY_OP(+) ASSAY_OP(-)
#undef ASSAY_OP
template <class T, int C, int R> inline matrix<T, C, R> operator-(const matrix<T, C, R>& a) {
  matrix<T, C, R> m;
  for (int c = 0; c < C; c++) m[c] = -a[c];
  return m;
}
template <class T, int C, int R, class S, enable_if_t<is_scalar_v<S>, int> = 0> inline matrix<T, C, R> operator*(const matrix<T, C, R>& a, S s) {
  matrix<T, C, R> m;
  for (int c = 0; c < C; c++) m[c] = a[c] * T(s);
  return m;
}
template <class T, int C, int R, class S, enable_if_t<is_scalar_v<S>, int> = 0> inline matrix<T, C, R> operator*(S s, const matrix<T, C, R>& a) { return a * s; }
template <class T, int C, int R, class B> inline matrix<T, C, R>& operator+=(matrix<T, C, R>& a, const B& b) { return a = a + b; }
template <class T, int C, int R, class B> inline matrix<T, C, R>& operator-=(matrix<T, C, R>& a, const B& b) { return a = a - b; }
template <class T, int C, int R, class B> inline matrix<T, C, R>& operator*=(matrix<T, C, R>& a, const B& b) { return a = a * b; }
template <class T, int C, int R> inline bool operator==(const matrix<T, C, R>& a, const matrix<T, C, R>& b) {
  for (int c = 0; c < C; c++) for (int r = 0; r < R; r++) if (a[c][r] != b[c][r]) return false;
  return true;
}
template <class T, int C, int R> inline bool operator!=(const matrix<T, C, R>& a, const matrix<T, C, R>& b) { return !(a == b); }
template <class T> inline T determinant(const matrix<T, 2, 2>& m) { return T(m[0][0] * m[1][1] - m[1][0] * m[0][1]); }
template <class T> inline T determinant(const matrix<T, 3, 3>& m) { return dot(m[0], cross(m[1], m[2])); }
template <class T> inline T determinant(const matrix<T, 4, 4>& m) {
  T d = T(0);
  for (int c = 0; c < 4; c++) { // along the first row
    matrix<T, 3, 3> rest;
    for (int k = 0, to = 0; k < 4; k++) if (k != c) rest[to++] = vec<T, 3>(m[k][1], m[k][2], m[k][3]);
    d = T(d + (c & 1 ? -m[c][0] : m[c][0]) * determinant(rest));
  }
  return d;
}
template <class T, int C, int R, int K> inline matrix<T, C, R> operator*(const matrix<T, K, R>& a, const matrix<T, C, K>& b) {
  matrix<T, C, R> m;
  for (int c = 0; c < C; c++) m[c] = a * b[c];
  return m;
}
template <class T, int C, int R> inline matrix<T, R, C> transpose(const matrix<T, C, R>& a) {
  matrix<T, R, C> m;
  for (int c = 0; c < C; c++) for (int r = 0; r < R; r++) m[r][c] = a[c][r];
  return m;
}

template <class T, size_t N> struct array {
  T elems_[N];
  constexpr T& operator[](size_t i) { return elems_[i]; }
  constexpr const T& operator[](size_t i) const { return elems_[i]; }
  constexpr size_t size() const { return N; }
};
