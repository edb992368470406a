#include <metal_stdlib>
using namespace metal;

struct Params { uint n; uint m; uint2 rest; }; // of a size that the compiler alone knows

kernel void write_past_end(device float *x [[buffer(0)]], device float *y [[buffer(1)]], uint i [[thread_position_in_grid]]) {
  y[i] = x[i];
}

kernel void read_before(device const int *x, device int *y, uint i [[thread_position_in_grid]]) {
  y[i] =
      x[int(i) - 1];
}

inline float helper(device const float4 *p, uint i) {
  float4 v = p[i * 1000];
  return v.x;
}
kernel void in_helper(device const float4 *p, device float *y, uint i [[thread_position_in_grid]]) {
  y[i] = 1.0f;
  y[i] += helper(p, i);
}

kernel void threadgroup_index(device float *y, uint i [[thread_position_in_threadgroup]]) {
  threadgroup float tile[16];
  threadgroup float *p = tile;
  p[i + 1] = float(i);
  threadgroup_barrier(mem_flags::mem_threadgroup);
  y[i] = p[i];
}

kernel void array_index(device float *y, uint i [[thread_position_in_grid]]) {
  float local[4] = {1, 2, 3, 4};
  y[i] = local[i + (i / 4) * 60];
}

kernel void divergent(device float *y, uint i [[thread_position_in_threadgroup]]) {
  if (i < 8) {
    threadgroup_barrier(mem_flags::mem_threadgroup);
    y[i] = 1;
  } else {
    y[i] = 2;
    threadgroup_barrier(mem_flags::mem_threadgroup);
  }
}

kernel void returned(device float *y, uint i [[thread_position_in_threadgroup]]) {
  if (i == 5) return;
  threadgroup_barrier(mem_flags::mem_threadgroup);
  y[i] = 1;
}

kernel void endless(device atomic_uint *y, uint i [[thread_position_in_grid]]) {
  while (atomic_load_explicit(y, memory_order_relaxed) < 10u) {
    if (i > 1000) atomic_store_explicit(y, 20u, memory_order_relaxed);
  }
}

kernel void divide(device int *y, constant Params &p, uint i [[thread_position_in_grid]]) {
  y[i] = int(p.n) / (int(i) - 3);
}

kernel void short_params(device uint *y, constant Params &p, uint i [[thread_position_in_grid]]) {
  y[i] = p.m;
}

kernel void group_argument(device float *y, threadgroup float *s [[threadgroup(0)]], uint i [[thread_position_in_threadgroup]]) {
  s[i] = 1;
  threadgroup_barrier(mem_flags::mem_threadgroup);
  y[i] = s[i];
}

kernel void fine(device float *y, uint i [[thread_position_in_grid]]) { y[i] = 42; }

kernel void much_group_memory(device float *y, threadgroup float *s [[threadgroup(0)]], uint i [[thread_position_in_threadgroup]]) {
  threadgroup float4 tile[1024];
  threadgroup float one_more;
  tile[i] = s[i] = one_more = 1.0f;
  threadgroup_barrier(mem_flags::mem_threadgroup);
  y[i] = tile[i].x + s[i] + one_more;
}

kernel void much_thread_memory(device float *y, device int *n, uint i [[thread_position_in_grid]]) {
  float big[65536];
  for (int j = 0; j < 65536; j++) big[j] = float(j + n[0]);
  y[i] = big[n[1]];
}

kernel void much_more_thread_memory(device float *y, device int *n, uint i [[thread_position_in_grid]]) {
  float big[1048576];
  big[n[0]] = 1.0f;
  y[i] = big[n[1]];
}

float deep(device int *n, int depth) {
  float some[64];
  for (int j = 0; j < 64; j++) some[j] = float(n[0]);
  return depth > n[1] ? deep(n, depth + 1) + some[depth & 63] : some[0];
}
kernel void recursion(device float *y, device int *n, uint i [[thread_position_in_grid]]) {
  y[i] = deep(n, 1);
}

kernel void enough_thread_memory(device float *y, constant int *n, uint i [[thread_position_in_grid]]) {
  float big[32000];
  for (int j = 0; j < 32000; j++) big[j] = float(j + n[0]);
  threadgroup_barrier(mem_flags::mem_none);
  float sum = simd_sum(big[n[1]]);
  if (i == 0) y[0] = sum;
}

kernel void other_thread(device float *y, uint i [[thread_position_in_threadgroup]]) {
  thread float *p[1];
  threadgroup ulong where;
  float mine = 1.0f;
  p[0] = &mine;
  if (i == 0) where = as_type<ulong>(p[0]);
  threadgroup_barrier(mem_flags::mem_threadgroup);
  *as_type<thread float *>(where) += 1.0f;
  y[i] = mine;
}

kernel void endless_idle(device float *x, device float *y, uint i [[thread_position_in_grid]]) {
  float sum = 0.0f;
  for (uint j = i; j < 100; j += 0) {
    sum += x[j];
  }
  y[i] = sum;
}

kernel void matrix_lanes(device float *x, ushort lane [[thread_index_in_simdgroup]]) {
  simdgroup_float8x8 a(1.0f), b(2.0f), c;
  if (lane < 20)
    simdgroup_multiply(c, a, b);
  x[lane] = c.thread_elements()[0];
}

kernel void matrix_partial(device float *x) {
  simdgroup_float8x8 a;
  simdgroup_load(a, x);
}
