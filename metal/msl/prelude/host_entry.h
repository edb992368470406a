// What entry points need: where this thread is.
namespace assay_target {
template <class T> inline T& shared(int site, const char* name, int line) { return *static_cast<T*>(::assay_shared(site, name, line, sizeof(T))); }
struct position {
  const ::assay_thread* t;
  template <class T> static T cut(metal::uint x, metal::uint y, metal::uint z) {
    if constexpr (metal::vec_traits_<T>::n == 2) return T(x, y);
    else if constexpr (metal::vec_traits_<T>::n == 3) return T(x, y, z);
    else return T(x);
  }
  template <class T> static T cut(const unsigned* p) { return cut<T>(p[0], p[1], p[2]); }
  metal::uint threads() const { return t->size[0] * t->size[1] * t->size[2]; }
  template <class T> T thread_position_in_grid() const {
    const unsigned* full = t->launch->full;
    return cut<T>(t->group[0] * full[0] + t->at[0], t->group[1] * full[1] + t->at[1], t->group[2] * full[2] + t->at[2]);
  }
  template <class T> T threads_per_grid() const { return cut<T>(t->launch->grid); }
  template <class T> T grid_size() const { return cut<T>(t->launch->grid); }
  template <class T> T grid_origin() const { return cut<T>(0, 0, 0); }
  template <class T> T threadgroup_position_in_grid() const { return cut<T>(t->group); }
  template <class T> T threadgroups_per_grid() const { return cut<T>(t->launch->groups); }
  template <class T> T thread_position_in_threadgroup() const { return cut<T>(t->at); }
  template <class T> T threads_per_threadgroup() const { return cut<T>(t->size); }
  template <class T> T dispatch_threads_per_threadgroup() const { return cut<T>(t->launch->full); }
  template <class T> T thread_index_in_threadgroup() const { return T(t->index); }
  template <class T> T thread_index_in_simdgroup() const { return T(t->index & 31); }
  template <class T> T simdgroup_index_in_threadgroup() const { return T(t->index >> 5); }
  template <class T> T simdgroups_per_threadgroup() const { return T((threads() + 31) >> 5); }
  template <class T> T dispatch_simdgroups_per_threadgroup() const { return T((t->launch->full[0] * t->launch->full[1] * t->launch->full[2] + 31) >> 5); }
  template <class T> T threads_per_simdgroup() const { return T(32); }
  template <class T> T thread_execution_width() const { return T(32); }
  template <class T> T thread_index_in_quadgroup() const { return T(t->index & 3); }
  template <class T> T quadgroup_index_in_threadgroup() const { return T(t->index >> 2); }
  template <class T> T quadgroups_per_threadgroup() const { return T((threads() + 3) >> 2); }
};
}
