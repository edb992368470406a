// Simdgroup async copies: Metal's headers do not declare them, so kernels do, and
// their declarations are then of these functions. The lanes of the simdgroup
// that call them copy together, and waiting is a simdgroup barrier.
struct _simdgroup_event_t;
struct copy_lanes_ {
  ulong rank, count;
  copy_lanes_() {
    uint mask = static_cast<uint>(static_cast<ulong>(metal::simd_active_threads_mask()));
    rank = metal::popcount(mask & ((1u << metal::lane_id_()) - 1));
    count = metal::popcount(mask);
  }
};
template <class W> inline void copy_element_as_(char* to, const char* from, ulong size) {
  for (ulong i = 0; i < size / sizeof(W); i++) reinterpret_cast<W*>(to)[i] = from ? reinterpret_cast<const W*>(from)[i] : W(0);
}
// Copies one element, or zeros for null.
inline void copy_element_(char* to, const char* from, ulong size, ulong align) {
  if (align % 8 == 0) copy_element_as_<ulong>(to, from, size);
  else if (align % 4 == 0) copy_element_as_<uint>(to, from, size);
  else if (align % 2 == 0) copy_element_as_<ushort>(to, from, size);
  else copy_element_as_<uchar>(to, from, size);
}
inline _simdgroup_event_t* __metal_simdgroup_async_copy_1d(ulong size, ulong align, void* to, const void* from, ulong elements) {
  copy_lanes_ lanes;
  for (ulong i = lanes.rank; i < elements; i += lanes.count) copy_element_(static_cast<char*>(to) + i * size, static_cast<const char*>(from) + i * size, size, align);
  return nullptr;
}
// Fills a tile of the destination. Where the source's tile, shifted by the
// offset, does not reach, elements are zeros, or in mode 1 those of its edge.
inline _simdgroup_event_t* __metal_simdgroup_async_copy_2d(ulong size, ulong align, void* to, ulong to_row, ulong to_step, ulong2 to_tile,
                                                           const void* from, ulong from_row, ulong from_step, ulong2 from_tile, long2 offset, int mode) {
  copy_lanes_ lanes;
  long columns = from_tile.x, rows = from_tile.y;
  for (ulong i = lanes.rank; i < to_tile.x * to_tile.y; i += lanes.count) {
    ulong x = i % to_tile.x, y = i / to_tile.x;
    long column = static_cast<long>(x) + offset.x, row = static_cast<long>(y) + offset.y;
    bool inside = column >= 0 && column < columns && row >= 0 && row < rows;
    if (mode == 1 && columns > 0 && rows > 0) {
      column = metal::clamp(column, 0l, columns - 1);
      row = metal::clamp(row, 0l, rows - 1);
      inside = true;
    }
    const char* element = static_cast<const char*>(from) + (row * static_cast<long>(from_row) + column * static_cast<long>(from_step)) * static_cast<long>(size);
    copy_element_(static_cast<char*>(to) + (y * to_row + x * to_step) * size, inside ? element : nullptr, size, align);
  }
  return nullptr;
}
inline void __metal_wait_simdgroup_events(int, _simdgroup_event_t**) { metal::simdgroup_barrier(metal::mem_flags::mem_none); }
inline void __metal_wait_simdgroup_events(int, const _simdgroup_event_t**) { metal::simdgroup_barrier(metal::mem_flags::mem_none); }
