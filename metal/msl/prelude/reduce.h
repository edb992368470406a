// What simdgroup reductions compute in: bfloat in float, rounded once at the end.
template <class T> struct wide_ { typedef T type; };
template <> struct wide_<bfloat> { typedef float type; };
template <int N> struct wide_<vec<bfloat, N>> { typedef vec<float, N> type; };
template <class T> using wide_t_ = typename wide_<T>::type;

// What simdgroup reductions combine with.
struct sum_ { template <class T> T operator()(T a, T b) const { return T(a + b); } };
struct product_ { template <class T> T operator()(T a, T b) const { return T(a * b); } };
struct min_ { template <class T> T operator()(T a, T b) const { return T(min(a, b)); } };
struct max_ { template <class T> T operator()(T a, T b) const { return T(max(a, b)); } };
struct and_ { template <class T> T operator()(T a, T b) const { return T(a & b); } };
struct or_ { template <class T> T operator()(T a, T b) const { return T(a | b); } };
struct xor_ { template <class T> T operator()(T a, T b) const { return T(a ^ b); } };
