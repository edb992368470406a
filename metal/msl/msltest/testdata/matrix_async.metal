// Tiles that a simdgroup copies between device and threadgroup memory while it
// could do something else, by functions that no header of Metal declares.
#include <metal_stdlib>
#include <metal_simdgroup_matrix>

struct _simdgroup_event_t;
thread _simdgroup_event_t *
__metal_simdgroup_async_copy_1d(ulong, ulong, threadgroup void *, const device void *, ulong)
  __asm("air.simdgroup_async_copy_1d.p3i8.p1i8");
thread _simdgroup_event_t *
__metal_simdgroup_async_copy_1d(ulong, ulong, device void *, const threadgroup void *, ulong)
  __asm("air.simdgroup_async_copy_1d.p1i8.p3i8");
thread _simdgroup_event_t *
__metal_simdgroup_async_copy_2d(ulong element_size, ulong element_alignment,
                                threadgroup void *to, ulong to_per_row, ulong to_step, metal::ulong2 to_tile,
                                const device void *from, ulong from_per_row, ulong from_step, metal::ulong2 from_tile, metal::long2 offset, int mode)
  __asm("air.simdgroup_async_copy_2d.p3i8.p1i8");
thread _simdgroup_event_t *
__metal_simdgroup_async_copy_2d(ulong, ulong, device void *, ulong, ulong, metal::ulong2, const threadgroup void *, ulong, ulong, metal::ulong2, metal::long2, int)
  __asm("air.simdgroup_async_copy_2d.p1i8.p3i8");
void __metal_wait_simdgroup_events(int, thread _simdgroup_event_t **) __asm("air.wait_simdgroup_events");

using namespace metal;

namespace metal {
struct simdgroup_event {
  thread _simdgroup_event_t *event;
  template <typename T>
  void load(threadgroup T *to, ushort to_per_row, ushort2 to_tile, const device T *from, uint from_per_row, ushort2 from_tile, bool edge = false) thread {
    event = __metal_simdgroup_async_copy_2d(sizeof(T), alignof(T), reinterpret_cast<threadgroup void *>(to), to_per_row, 1, ulong2(to_tile),
                                            reinterpret_cast<const device void *>(from), from_per_row, 1, ulong2(from_tile), long2(0), edge);
  }
  template <typename T>
  void store(device T *to, uint to_per_row, const threadgroup T *from, ushort from_per_row, ushort2 tile) thread {
    event = __metal_simdgroup_async_copy_2d(sizeof(T), alignof(T), reinterpret_cast<device void *>(to), to_per_row, 1, ulong2(tile),
                                            reinterpret_cast<const threadgroup void *>(from), from_per_row, 1, ulong2(tile), long2(0), 0);
  }
  static void wait(int count, thread simdgroup_event *events) {
    __metal_wait_simdgroup_events(count, reinterpret_cast<thread _simdgroup_event_t **>(events));
  }
};
}

// y = x x' for x of rows by 8, a tile of 16 by 16 per threadgroup: the first
// simdgroup copies, all multiply.
kernel void async_product(device const half *x [[buffer(0)]], device half *y [[buffer(1)]], constant uint &rows [[buffer(2)]],
                          uint2 group [[threadgroup_position_in_grid]], ushort sg [[simdgroup_index_in_threadgroup]]) {
  threadgroup half a[16 * 8], b[16 * 10], c[16 * 16];
  const uint m = group.y * 16, n = group.x * 16;
  if (sg == 0) {
    simdgroup_event events[2];
    events[0].load(a, 8, ushort2(8, 16), x + m * 8, 8, ushort2(8, min(16u, rows - m)));
    events[1].load(b, 10, ushort2(8, 16), x + n * 8, 8, ushort2(8, min(16u, rows - n)), true);
    simdgroup_event::wait(2, events);
  }
  threadgroup_barrier(mem_flags::mem_threadgroup);
  simdgroup_half8x8 left, right, product;
  for (short i = 0; i < 2; i++) {
    simdgroup_load(left, a + sg * 8 * 8, 8);
    simdgroup_load(right, b + i * 8 * 10, 10, 0, true);
    simdgroup_multiply(product, left, right);
    simdgroup_store(product, c + sg * 8 * 16 + i * 8, 16);
  }
  threadgroup_barrier(mem_flags::mem_threadgroup);
  if (sg == 1) {
    simdgroup_event event;
    event.store(y + m * rows + n, rows, c, 16, ushort2(min(16u, rows - n), min(16u, rows - m)));
    simdgroup_event::wait(1, &event);
  }
}

// A row moves through threadgroup memory, and tiles are taken from beside their
// source: with zeros there, and with the elements of its edge.
kernel void async_row(device const uchar *x [[buffer(0)]], device uchar *y [[buffer(1)]], device const packed_float3 *v [[buffer(2)]], device packed_float3 *w [[buffer(3)]]) {
  threadgroup uchar row[100];
  threadgroup packed_float3 tile[2 * 4 * 3];
  thread _simdgroup_event_t *events[3];
  events[0] = __metal_simdgroup_async_copy_1d(1, 1, (threadgroup void *)row, (const device void *)(x + 3), 100);
  events[1] = __metal_simdgroup_async_copy_2d(sizeof(packed_float3), alignof(packed_float3), (threadgroup void *)tile, 4, 1, ulong2(4, 3),
                                              (const device void *)v, 3, 1, ulong2(3, 2), long2(-1, 1), 0);
  events[2] = __metal_simdgroup_async_copy_2d(sizeof(packed_float3), alignof(packed_float3), (threadgroup void *)(tile + 12), 4, 1, ulong2(4, 3),
                                              (const device void *)v, 3, 1, ulong2(3, 2), long2(-1, 1), 1);
  __metal_wait_simdgroup_events(3, events);
  events[0] = __metal_simdgroup_async_copy_1d(1, 1, (device void *)y, (const threadgroup void *)row, 100);
  events[1] = __metal_simdgroup_async_copy_1d(sizeof(packed_float3), alignof(packed_float3), (device void *)w, (const threadgroup void *)tile, 24);
  __metal_wait_simdgroup_events(2, events);
}
