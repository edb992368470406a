// Values cross between LLVM text and these functions in carriers: what is smaller
// than 32 bits as unsigned.
namespace {
using namespace assay_msl;
using namespace assay_msl::metal;
using assay_msl::assay_target::position;

const char file[] = "kernel.ll"; // what lines are of

template <class T> inline T from(unsigned v) {
  if constexpr (is_floating_point_v<T>) return bits_as_<T>(ushort(v)); else return T(v);
}
template <class T> inline T from(float v) { return v; }
template <class T> inline T from(long v) { return T(v); }
template <class T> inline T from(void* v) { return v; }
template <class T> inline auto to(T v) {
  if constexpr (is_same_v<T, float>) return v;
  else if constexpr (is_floating_point_v<T>) return unsigned(bits_as_<ushort>(v));
  else if constexpr (sizeof(T) == 8) return long(v);
  else return unsigned(v);
}

template <class T> inline simdgroup_matrix<T, 8, 8> matrix_of(T a, T b) {
  simdgroup_matrix<T, 8, 8> m;
  m.thread_elements() = vec<T, 2>(a, b);
  return m;
}
template <class T> inline long both(const simdgroup_matrix<T, 8, 8>& m) {
  unsigned long r = 0;
  vec<T, 2> v = m.thread_elements();
  __builtin_memcpy(&r, &v, sizeof v);
  return long(r);
}
template <class T> inline simdgroup_matrix<T, 8, 8> loaded(const T* p, ulong row, ulong2 origin, bool transposed, int line) {
  simdgroup_matrix<T, 8, 8> m;
  simdgroup_load(m, p, row, origin, transposed, line);
  return m;
}
template <class A, class B, class C> inline simdgroup_matrix<C, 8, 8> multiplied(const simdgroup_matrix<A, 8, 8>& a, const simdgroup_matrix<B, 8, 8>& b, const simdgroup_matrix<C, 8, 8>& c, int line) {
  simdgroup_matrix<C, 8, 8> d;
  simdgroup_multiply_accumulate(d, a, b, c, line);
  return d;
}

inline void put(unsigned* out, uint3 v) { out[0] = v.x; out[1] = v.y; out[2] = v.z; }

// An argument that function constants leave out: Apple's compiler may load it early.
alignas(256) const char absent[4096] = {};
}

extern "C" {
const void* assay_air_buffer(const assay_thread* t, unsigned i) { return t->launch->args[i] ? t->launch->args[i] : absent; }
void* assay_air_group(const assay_thread* t, unsigned i) { return t->launch->shared[i]; }

// What compilers call to round a float to bfloat.
unsigned assay_air_to_bfloat(float f) { return float_to_bfloat_(f); }
