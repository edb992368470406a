// Initial values of threadgroup variables, and of ranges of elements.
#include <metal_stdlib>
using namespace metal;

constant int steps[8] = {[0 ... 2] = 5, [3 ... 3] = 7, 9, [5 ... 7] = 11};

struct cell { int n; float f; };

template <int N> kernel void initial(device float *y, uint i [[thread_position_in_threadgroup]]) {
  constexpr int SIZE = 2 * N;
  threadgroup float part[SIZE] = {0};
  threadgroup half ones[N] = {1.0h, 2.0h}, last[2]{half(3), half(4)};
  threadgroup cell c = {7, 0.5f};
  const int table[6] = {1, [1 ... 4] = 3, 4};
  part[i] += i + 1;
  if (i == 0) c.n += 1;
  threadgroup_barrier(mem_flags::mem_threadgroup);
  y[i] = part[i] + 10 * part[i + N] + 100 * ones[i] + 1000 * last[i & 1] + 0.5f * c.f + 10000 * table[i % 6] + 100000 * steps[i];
  if (i == 0) y[N] = c.n;
}
template [[host_name("initial_8")]] kernel decltype(initial<8>) initial<8>;

[[kernel]] void flags(volatile coherent(device) device uint *flag, coherent device uint *seen, device uint *y, uint i [[thread_position_in_grid]]) {
  device coherent uint *own = seen;
  uint coherent = flag[0];
  own[i] = i + coherent;
  y[i] = seen[i] * 2;
}

typedef struct {
  __extension__ union {
    struct { half d, dmin; };
    half2 dm;
  };
  uchar qs[4];
} block;
kernel void extension(device float *y, device const block *b, uint i [[thread_position_in_grid]]) {
  y[i] = float(b[i].d) * b[i].qs[0] + float(b[i].dm.y) * b[i].qs[3];
}
