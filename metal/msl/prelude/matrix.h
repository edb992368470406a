// simdgroup_matrix: 8 by 8 elements that the 32 lanes of a simdgroup hold, two
// neighbours of a row each. Which lane holds which is Apple's layout.
inline ushort matrix_row_(uint lane) { return ushort((lane >> 2 & 4) | (lane >> 1 & 3)); }
inline ushort matrix_column_(uint lane) { return ushort((lane >> 1 & 4) | (lane << 1 & 2)); } // of the first of the two
inline uint matrix_lane_(uint row, uint column) { return (row & 4) << 2 | (column & 4) << 1 | (row & 3) << 1 | (column >> 1 & 1); }

// What each target supplies: a wait for all lanes, and this lane's two elements
// of c + a b.
inline void matrix_sync_(int line);
template <class A, class B> inline float2 matrix_product_(vec<A, 2> a, vec<B, 2> b, float2 c, int line);

template <class T, int Cols, int Rows = Cols> struct simdgroup_matrix {
  static_assert(Cols == 8 && Rows == 8, "a simdgroup_matrix has 8 columns and 8 rows");
  static_assert(is_floating_point_v<T>, "a simdgroup_matrix holds float, half or bfloat");
  typedef vec<T, 2> storage_type;
  simdgroup_matrix() = default;
  simdgroup_matrix(T diagonal) {
    uint row = matrix_row_(lane_id_()), column = matrix_column_(lane_id_());
    elements_ = storage_type(row == column ? diagonal : T(0), row == column + 1 ? diagonal : T(0));
  }
  storage_type& thread_elements() { return elements_; }
  const storage_type& thread_elements() const { return elements_; }
 private:
  storage_type elements_;
};
typedef simdgroup_matrix<float, 8, 8> simdgroup_float8x8;
typedef simdgroup_matrix<half, 8, 8> simdgroup_half8x8;
typedef simdgroup_matrix<bfloat, 8, 8> simdgroup_bfloat8x8;

template <class T, int Cols, int Rows = Cols> inline simdgroup_matrix<T, Cols, Rows> make_filled_simdgroup_matrix(T value) {
  simdgroup_matrix<T, Cols, Rows> m;
  m.thread_elements() = vec<T, 2>(value);
  return m;
}
template <class T, int Cols, int Rows = Cols> inline simdgroup_matrix<T, Cols, Rows> make_diagonal_simdgroup_matrix(T value) { return simdgroup_matrix<T, Cols, Rows>(value); }

// Where this lane's two elements are in memory. The origin counts columns (x)
// and rows (y) of the matrix, which are rows and columns of transposed memory.
struct matrix_place_ { ulong first, step; };
inline matrix_place_ matrix_place_of_(ulong elements_per_row, ulong2 origin, bool transposed) {
  ulong row = origin.y + matrix_row_(lane_id_()), column = origin.x + matrix_column_(lane_id_());
  if (transposed) return {column * elements_per_row + row, elements_per_row};
  return {row * elements_per_row + column, 1};
}
// The lanes load and store together, after what any of them wrote before, and none
// goes on before all have stored: public kernels have no barriers there.
template <class T, int Cols, int Rows> inline void simdgroup_load(simdgroup_matrix<T, Cols, Rows>& d, const T* src, ulong elements_per_row = Cols, ulong2 matrix_origin = 0, bool transpose_matrix = false, int line = ASSAY_LINE_) {
  matrix_sync_(line);
  matrix_place_ at = matrix_place_of_(elements_per_row, matrix_origin, transpose_matrix);
  d.thread_elements() = vec<T, 2>(src[at.first], src[at.first + at.step]);
}
template <class T, int Cols, int Rows> inline void simdgroup_store(const simdgroup_matrix<T, Cols, Rows>& a, T* dst, ulong elements_per_row = Cols, ulong2 matrix_origin = 0, bool transpose_matrix = false, int line = ASSAY_LINE_) {
  matrix_sync_(line);
  matrix_place_ at = matrix_place_of_(elements_per_row, matrix_origin, transpose_matrix);
  dst[at.first] = a.thread_elements().x;
  dst[at.first + at.step] = a.thread_elements().y;
  matrix_sync_(line);
}

// Sums are float, and rounded once to the type of the result.
template <class T, int Cols, int Rows> inline float2 matrix_float_(const simdgroup_matrix<T, Cols, Rows>& m) {
  return float2(static_cast<float>(m.thread_elements().x), static_cast<float>(m.thread_elements().y)); }
template <class T, int Cols, int Rows> inline void matrix_round_(simdgroup_matrix<T, Cols, Rows>& m, float2 v) { m.thread_elements() = vec<T, 2>(static_cast<T>(v.x), static_cast<T>(v.y)); }
template <class D, class A, class B, class C, int Cols, int Rows, int K>
inline void simdgroup_multiply_accumulate(simdgroup_matrix<D, Cols, Rows>& d, const simdgroup_matrix<A, K, Rows>& a, const simdgroup_matrix<B, Cols, K>& b, const simdgroup_matrix<C, Cols, Rows>& c, int line = ASSAY_LINE_) {
  matrix_round_(d, matrix_product_(a.thread_elements(), b.thread_elements(), matrix_float_(c), line)); }
template <class D, class A, class B, int Cols, int Rows, int K>
inline void simdgroup_multiply(simdgroup_matrix<D, Cols, Rows>& d, const simdgroup_matrix<A, K, Rows>& a, const simdgroup_matrix<B, Cols, K>& b, int line = ASSAY_LINE_) {
  matrix_round_(d, matrix_product_(a.thread_elements(), b.thread_elements(), float2(0.0f), line)); }
template <class T, int Cols, int Rows, int K>
inline simdgroup_matrix<T, Cols, Rows> operator*(const simdgroup_matrix<T, K, Rows>& a, const simdgroup_matrix<T, Cols, K>& b) {
  simdgroup_matrix<T, Cols, Rows> d;
  simdgroup_multiply(d, a, b);
  return d;
}
