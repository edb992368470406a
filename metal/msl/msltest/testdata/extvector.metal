// Vector types of Clang's extension, as public sources declare them.
#include <metal_stdlib>

typedef float f4 __attribute__((ext_vector_type(4)));
typedef __attribute__((__ext_vector_type__(2))) half h2;
using u4 = unsigned int __attribute__((ext_vector_type(4)));

template <typename T, int N> struct of {
  typedef T type __attribute__((ext_vector_type(N)));
};

[[kernel]] void extended(device f4 *y, device const h2 *x, uint i [[thread_position_in_grid]]) {
  u4 first = {1, 2, 3, 4};
  typename of<float, 4>::type v = f4(first);
  v.xy += metal::float2(x[i]);
  y[i] = v * 2.0f;
}
