// What entry points need: where this thread is.
namespace assay_target {
struct position {
  metal::uint gx, gy, gz; // the exact grid in threads
  bool surplus() const { return ::blockIdx.x * ::blockDim.x + ::threadIdx.x >= gx || ::blockIdx.y * ::blockDim.y + ::threadIdx.y >= gy || ::blockIdx.z * ::blockDim.z + ::threadIdx.z >= gz; }
  template <class T> static T cut(metal::uint x, metal::uint y, metal::uint z) {
    if constexpr (metal::vec_traits_<T>::n == 2) return T(x, y);
    else if constexpr (metal::vec_traits_<T>::n == 3) return T(x, y, z);
    else return T(x);
  }
  static metal::uint left(metal::uint grid, metal::uint block, metal::uint dim) { metal::uint rest = grid - block * dim; return rest < dim ? rest : dim; }
  // The threadgroup's size: smaller at the end of an axis that it does not divide.
  metal::uint sx() const { return left(gx, ::blockIdx.x, ::blockDim.x); }
  metal::uint sy() const { return left(gy, ::blockIdx.y, ::blockDim.y); }
  metal::uint sz() const { return left(gz, ::blockIdx.z, ::blockDim.z); }
  metal::uint hardware_index() const { return (::threadIdx.z * ::blockDim.y + ::threadIdx.y) * ::blockDim.x + ::threadIdx.x; }
  metal::uint index() const { return (::threadIdx.z * sy() + ::threadIdx.y) * sx() + ::threadIdx.x; }
  metal::uint threads() const { return sx() * sy() * sz(); }
  template <class T> T thread_position_in_grid() const { return cut<T>(::blockIdx.x * ::blockDim.x + ::threadIdx.x, ::blockIdx.y * ::blockDim.y + ::threadIdx.y, ::blockIdx.z * ::blockDim.z + ::threadIdx.z); }
  template <class T> T threads_per_grid() const { return cut<T>(gx, gy, gz); }
  template <class T> T grid_size() const { return cut<T>(gx, gy, gz); }
  template <class T> T grid_origin() const { return cut<T>(0, 0, 0); }
  template <class T> T threadgroup_position_in_grid() const { return cut<T>(::blockIdx.x, ::blockIdx.y, ::blockIdx.z); }
  template <class T> T threadgroups_per_grid() const { return cut<T>(::gridDim.x, ::gridDim.y, ::gridDim.z); }
  template <class T> T thread_position_in_threadgroup() const { return cut<T>(::threadIdx.x, ::threadIdx.y, ::threadIdx.z); }
  template <class T> T threads_per_threadgroup() const { return cut<T>(sx(), sy(), sz()); }
  template <class T> T dispatch_threads_per_threadgroup() const { return cut<T>(::blockDim.x, ::blockDim.y, ::blockDim.z); }
  template <class T> T thread_index_in_threadgroup() const { return T(index()); }
  template <class T> T thread_index_in_simdgroup() const { return T(hardware_index() & 31); }
  template <class T> T simdgroup_index_in_threadgroup() const { return T(hardware_index() >> 5); }
  template <class T> T simdgroups_per_threadgroup() const { return T((threads() + 31) >> 5); }
  template <class T> T dispatch_simdgroups_per_threadgroup() const { return T((::blockDim.x * ::blockDim.y * ::blockDim.z + 31) >> 5); }
  template <class T> T threads_per_simdgroup() const { return T(32); }
  template <class T> T thread_execution_width() const { return T(32); }
  template <class T> T thread_index_in_quadgroup() const { return T(hardware_index() & 3); }
  template <class T> T quadgroup_index_in_threadgroup() const { return T(hardware_index() >> 2); }
  template <class T> T quadgroups_per_threadgroup() const { return T((threads() + 3) >> 2); }
};
}
