// Barriers, simdgroup operations and atomics for NVRTC. A simdgroup is a warp.
// Operations work on the lanes that are active together; with all 32 active,
// the common case, they are butterflies with a constant mask.
inline uint lane_id_() { uint r; asm("mov.u32 %0, %%laneid;" : "=r"(r)); return r; }

inline void threadgroup_barrier(mem_flags, ...) { ::__syncthreads(); }
inline void simdgroup_barrier(mem_flags, ...) { ::__syncwarp(::__activemask()); }
inline void atomic_thread_fence(mem_flags, memory_order, thread_scope scope = thread_scope_device) {
  if (scope == thread_scope_device) ::__threadfence(); else ::__threadfence_block();
}

template <class T> inline T simd_broadcast(T v, ushort lane) { return from_lane_(::__activemask(), v, lane); }
template <class T> inline T simd_broadcast_first(T v) { uint m = ::__activemask(); return from_lane_(m, v, ::__ffs(m) - 1); }
template <class T> inline T simd_shuffle(T v, ushort lane) { return from_lane_(::__activemask(), v, lane); }
template <class T> inline T simd_shuffle_xor(T v, ushort mask) { return from_xor_(::__activemask(), v, mask); }
template <class T> inline T simd_shuffle_up(T v, ushort delta) { uint m = ::__activemask(); return words_(v, [=](uint w) { return ::__shfl_up_sync(m, w, delta); }); }
template <class T> inline T simd_shuffle_down(T v, ushort delta) { uint m = ::__activemask(); return words_(v, [=](uint w) { return ::__shfl_down_sync(m, w, delta); }); }
template <class T> inline T simd_shuffle_rotate_up(T v, ushort delta) { return from_lane_(::__activemask(), v, (lane_id_() - delta) & 31); }
template <class T> inline T simd_shuffle_rotate_down(T v, ushort delta) { return from_lane_(::__activemask(), v, (lane_id_() + delta) & 31); }
template <class T> inline T simd_shuffle_and_fill_up(T v, T fill, ushort delta, ushort modulo = 32) {
  uint m = ::__activemask(), lane = lane_id_() % modulo, base = lane_id_() - lane;
  T a = from_lane_(m, v, base + (lane - delta) % modulo), b = from_lane_(m, fill, base + (lane - delta + modulo) % modulo);
  return lane >= delta ? a : b;
}
template <class T> inline T simd_shuffle_and_fill_down(T v, T fill, ushort delta, ushort modulo = 32) {
  uint m = ::__activemask(), lane = lane_id_() % modulo, base = lane_id_() - lane;
  T a = from_lane_(m, v, base + (lane + delta) % modulo), b = from_lane_(m, fill, base + (lane + delta) % modulo);
  return lane + delta < modulo ? a : b;
}

// Reductions over `width` neighbouring lanes (32, or 4 for a quadgroup).
template <int width, class T, class F> inline T reduce_(T v, F op) {
  uint m = ::__activemask();
  if (m == all_lanes_) {
#pragma unroll
    for (int d = width / 2; d > 0; d /= 2) v = op(v, from_xor_(all_lanes_, v, d));
    return v;
  }
  uint first = lane_id_() & ~uint(width - 1);
  uint mine = width == 32 ? m : (m >> first & ((1u << (width % 32)) - 1)) << first;
  T r = v;
#pragma unroll 1
  for (int i = 0; i < 32; i++) { // every active lane takes part in every exchange
    if (!(m >> i & 1)) continue;
    T other = from_lane_(m, v, i);
    if (mine >> i & 1) r = i == __ffs(mine) - 1 ? other : op(r, other);
  }
  return r;
}
template <bool inclusive, class T, class F> inline T scan_(T v, T identity, F op) {
  uint m = ::__activemask(), lane = lane_id_();
  if (m == all_lanes_) {
#pragma unroll
    for (int d = 1; d < 32; d *= 2) {
      T other = words_(v, [=](uint w) { return ::__shfl_up_sync(all_lanes_, w, d); });
      if (lane >= d) v = op(other, v);
    }
    if (inclusive) return v;
    T before = words_(v, [=](uint w) { return ::__shfl_up_sync(all_lanes_, w, 1); });
    return lane == 0 ? identity : before;
  }
  T r = identity;
#pragma unroll 1
  for (int i = 0; i < 32; i++) {
    if (!(m >> i & 1)) continue;
    T other = from_lane_(m, v, i);
    if (i < lane || (inclusive && i == lane)) r = op(r, other);
  }
  return r;
}
#define ASSAY_REDUCE(NAME) \
  template <class T> inline T simd_##NAME(T v) { return T(reduce_<32>(wide_t_<T>(v), NAME##_{})); } \
  template <class T> inline T quad_##NAME(T v) { return T(reduce_<4>(wide_t_<T>(v), NAME##_{})); }
ASSAY_REDUCE(sum) ASSAY_REDUCE(product) ASSAY_REDUCE(min) ASSAY_REDUCE(max) ASSAY_REDUCE(and) ASSAY_REDUCE(or) ASSAY_REDUCE(xor)
#undef ASSAY_REDUCE
#define ASSAY_SCAN(NAME, FIRST) \
  template <class T> inline T simd_prefix_inclusive_##NAME(T v) { return T(scan_<true>(wide_t_<T>(v), wide_t_<T>(FIRST), NAME##_{})); } \
  template <class T> inline T simd_prefix_exclusive_##NAME(T v) { return T(scan_<false>(wide_t_<T>(v), wide_t_<T>(FIRST), NAME##_{})); }
ASSAY_SCAN(sum, 0) ASSAY_SCAN(product, 1)
#undef ASSAY_SCAN
template <class T> inline T quad_broadcast(T v, ushort lane) { return from_lane_(::__activemask(), v, (lane_id_() & ~3u) + lane); }
template <class T> inline T quad_shuffle(T v, ushort lane) { return from_lane_(::__activemask(), v, (lane_id_() & ~3u) + lane); }
template <class T> inline T quad_shuffle_xor(T v, ushort mask) { return from_xor_(::__activemask(), v, mask & 3); }

inline simd_vote simd_ballot(bool b) { return simd_vote(::__ballot_sync(::__activemask(), b)); }
inline simd_vote simd_active_threads_mask() { return simd_vote(::__activemask()); }
inline bool simd_all(bool b) { return ::__all_sync(::__activemask(), b); }
inline bool simd_any(bool b) { return ::__any_sync(::__activemask(), b); }
inline bool simd_is_first() { return lane_id_() == ::__ffs(::__activemask()) - 1; }

// Atomics.
template <class T> inline T atomic_load_explicit(const volatile atomic<T>* p, memory_order) { return *const_cast<const volatile T*>(&p->value_); }
template <class T, class U> inline void atomic_store_explicit(volatile atomic<T>* p, U v, memory_order) { *const_cast<volatile T*>(&p->value_) = T(v); }
template <class T, class F> inline T atomic_loop_(volatile atomic<T>* p, F f) {
  uint* at = const_cast<uint*>(reinterpret_cast<volatile uint*>(&p->value_));
  uint seen = *reinterpret_cast<volatile uint*>(at);
  for (;;) {
    uint was = ::atomicCAS(at, seen, bits_as_<uint>(T(f(bits_as_<T>(seen)))));
    if (was == seen) return bits_as_<T>(was);
    seen = was;
  }
}
template <class T, class U> inline T atomic_exchange_explicit(volatile atomic<T>* p, U v, memory_order) { return bits_as_<T>(::atomicExch(const_cast<uint*>(reinterpret_cast<volatile uint*>(&p->value_)), bits_as_<uint>(T(v)))); }
template <class T, class U> inline bool atomic_compare_exchange_weak_explicit(volatile atomic<T>* p, T* expected, U v, memory_order, memory_order) {
  uint want = bits_as_<uint>(*expected);
  uint was = ::atomicCAS(const_cast<uint*>(reinterpret_cast<volatile uint*>(&p->value_)), want, bits_as_<uint>(T(v)));
  *expected = bits_as_<T>(was);
  return was == want;
}
#define ASSAY_ATOMIC(NAME, NATIVE, EXPR)                                                    \
  template <class T, class U> inline T atomic_fetch_##NAME##_explicit(volatile atomic<T>* p, U v_, memory_order) { \
    T v = T(v_);                                                                            \
    if constexpr (is_same_v<T, int> || is_same_v<T, uint>) return ::NATIVE(const_cast<T*>(reinterpret_cast<volatile T*>(&p->value_)), v); \
    else return atomic_loop_(p, [=](T a) { return EXPR; }); }
ASSAY_ATOMIC(sub, atomicSub, T(a - v)) ASSAY_ATOMIC(min, atomicMin, min(a, v))
ASSAY_ATOMIC(max, atomicMax, max(a, v)) ASSAY_ATOMIC(and, atomicAnd, T(a & v)) ASSAY_ATOMIC(or, atomicOr, T(a | v)) ASSAY_ATOMIC(xor, atomicXor, T(a ^ v))
template <class T, class U> inline T atomic_fetch_add_explicit(volatile atomic<T>* p, U v, memory_order) {
  return ::atomicAdd(const_cast<T*>(reinterpret_cast<volatile T*>(&p->value_)), T(v));
}
inline void atomic_max_explicit(volatile atomic<ulong>* p, ulong v, memory_order) { ::atomicMax(const_cast<unsigned long long*>(reinterpret_cast<volatile unsigned long long*>(&p->value_)), (unsigned long long)v); }
inline void atomic_min_explicit(volatile atomic<ulong>* p, ulong v, memory_order) { ::atomicMin(const_cast<unsigned long long*>(reinterpret_cast<volatile unsigned long long*>(&p->value_)), (unsigned long long)v); }
