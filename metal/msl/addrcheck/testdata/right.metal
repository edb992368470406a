// What must pass: every space, attributes of the same names, templates,
// threadgroup variables, atomics in two spaces, vectors and casts.
#include <metal_stdlib>
using namespace metal;

constant float table[4] = {1, 2, 3, 4};
struct P { uint n; float scale; };

inline float first(const device float *p) { return p[0]; }
inline float first(const threadgroup float *p) { return p[0]; }
template <typename T> inline T twice(const device T *p, thread T &out) { out = p[0] + p[0]; return out; }

template <typename T>
kernel void spaces(device const T *x [[buffer(0)]], device T *y [[buffer(1)]], constant P &p [[buffer(2)]], device atomic_uint *count [[buffer(3)]],
                threadgroup float *dynamic [[threadgroup(0)]], uint i [[thread_position_in_grid]], uint lane [[thread_index_in_simdgroup]]) {
  threadgroup float tile[32];
  threadgroup atomic_uint local;
  T v;
  twice(x + i, v);
  tile[lane] = float(v) * p.scale + table[i & 3] + first(dynamic);
  threadgroup_barrier(mem_flags::mem_threadgroup);
  const float4 wide = *(threadgroup float4 *)(tile + 4);
  atomic_store_explicit(&local, 1u, memory_order_relaxed);
  atomic_fetch_add_explicit(count, atomic_load_explicit(&local, memory_order_relaxed), memory_order_relaxed);
  if (i < p.n) y[i] = T(simd_sum(wide.x) + first(tile) + dot(wide, float4(1.0f, 2.0f, float2(3.0f))));
}
template [[host_name("spaces_f32")]] [[kernel]] decltype(spaces<float>) spaces<float>;
template [[host_name("spaces_f16")]] [[kernel]] decltype(spaces<half>) spaces<half>;
template [[host_name("spaces_bf16")]] [[kernel]] decltype(spaces<bfloat>) spaces<bfloat>;
