// Barriers, simdgroup operations and atomics for the sim device. The lines
// where they stand tell its messages and which lanes act together.
inline uint lane_id_() { return ::assay_lane(); }
inline void threadgroup_barrier(mem_flags, int line = __builtin_LINE(), const char* file = __builtin_FILE()) { ::assay_barrier(file, line); }
inline void atomic_thread_fence(mem_flags, memory_order, thread_scope = thread_scope_device) { __atomic_thread_fence(__ATOMIC_SEQ_CST); }

// gathered_ holds the values of the lanes that arrived together.
template <class T> struct gathered_ {
  T v[32];
  uint mask;
  gathered_(int op, T x, int line) { mask = ::assay_exchange(op, line, &x, sizeof(T), v); }
  bool has(uint lane) const { return mask >> lane & 1; }
  // A lane that is not there gives whatever; here the caller's own value.
  T from(uint lane) const { return v[has(lane & 31) ? lane & 31 : lane_id_()]; }
  uint first() const { return __builtin_ctz(mask); }
};
enum { op_sync_ = 1, op_vote_, op_move_, op_reduce_, op_scan_, op_matrix_ };
inline void simdgroup_barrier(mem_flags, int line = __builtin_LINE()) { gathered_<uint>(op_sync_, 0u, line); }
template <class T> inline T simd_broadcast(T v, ushort lane, int line = __builtin_LINE()) { return gathered_<T>(op_move_, v, line).from(lane); }
template <class T> inline T simd_broadcast_first(T v, int line = __builtin_LINE()) { gathered_<T> g(op_move_, v, line); return g.v[g.first()]; }
template <class T> inline T simd_shuffle(T v, ushort lane, int line = __builtin_LINE()) { return gathered_<T>(op_move_, v, line).from(lane); }
template <class T> inline T simd_shuffle_xor(T v, ushort mask, int line = __builtin_LINE()) { return gathered_<T>(op_move_, v, line).from(lane_id_() ^ mask); }
template <class T> inline T simd_shuffle_up(T v, ushort delta, int line = __builtin_LINE()) {
  gathered_<T> g(op_move_, v, line); uint lane = lane_id_(); return lane < delta ? v : g.from(lane - delta); }
template <class T> inline T simd_shuffle_down(T v, ushort delta, int line = __builtin_LINE()) {
  gathered_<T> g(op_move_, v, line); uint lane = lane_id_(); return lane + delta > 31 ? v : g.from(lane + delta); }
template <class T> inline T simd_shuffle_rotate_up(T v, ushort delta, int line = __builtin_LINE()) { return gathered_<T>(op_move_, v, line).from((lane_id_() - delta) & 31); }
template <class T> inline T simd_shuffle_rotate_down(T v, ushort delta, int line = __builtin_LINE()) { return gathered_<T>(op_move_, v, line).from((lane_id_() + delta) & 31); }
template <class T> inline T simd_shuffle_and_fill_up(T v, T fill, ushort delta, ushort modulo = 32, int line = __builtin_LINE()) {
  gathered_<T> g(op_move_, v, line), f(op_move_, fill, line);
  uint lane = lane_id_() % modulo, base = lane_id_() - lane;
  return lane >= delta ? g.from(base + lane - delta) : f.from(base + (lane + modulo - delta) % modulo);
}
template <class T> inline T simd_shuffle_and_fill_down(T v, T fill, ushort delta, ushort modulo = 32, int line = __builtin_LINE()) {
  gathered_<T> g(op_move_, v, line), f(op_move_, fill, line);
  uint lane = lane_id_() % modulo, base = lane_id_() - lane;
  return lane + delta < modulo ? g.from(base + lane + delta) : f.from(base + (lane + delta) % modulo);
}
// Full groups combine as a butterfly does, others in lane order: what a GPU does too.
template <int width, class T, class F> inline T reduce_(T v, F op, int line) {
  gathered_<T> g(op_reduce_, v, line);
  uint first = lane_id_() & ~uint(width - 1);
  if (g.mask == 0xffffffffu) {
    for (int d = width / 2; d > 0; d /= 2)
      for (int i = 0; i < d; i++) g.v[first + i] = op(g.v[first + i], g.v[first + i + d]);
    return g.v[first];
  }
  T r = v;
  bool any = false;
  for (uint i = first; i < first + width; i++) {
    if (!g.has(i)) continue;
    r = any ? op(r, g.v[i]) : g.v[i];
    any = true;
  }
  return r;
}
template <bool inclusive, class T, class F> inline T scan_(T v, T identity, F op, int line) {
  gathered_<T> g(op_scan_, v, line);
  int lane = lane_id_();
  if (g.mask == 0xffffffffu) { // as on a GPU: log2(32) rounds
    for (int d = 1; d < 32; d *= 2)
      for (int i = 31; i >= d; i--) g.v[i] = op(g.v[i - d], g.v[i]);
    return inclusive ? g.v[lane] : lane == 0 ? identity : g.v[lane - 1];
  }
  T r = identity;
  for (int i = 0; i < lane + inclusive; i++) if (g.has(i)) r = op(r, g.v[i]);
  return r;
}
#define ASSAY_REDUCE(NAME) \
  template <class T> inline T simd_##NAME(T v, int line = __builtin_LINE()) { return T(reduce_<32>(wide_t_<T>(v), NAME##_{}, line)); } \
  template <class T> inline T quad_##NAME(T v, int line = __builtin_LINE()) { return T(reduce_<4>(wide_t_<T>(v), NAME##_{}, line)); }
ASSAY_REDUCE(sum) ASSAY_REDUCE(product) ASSAY_REDUCE(min) ASSAY_REDUCE(max) ASSAY_REDUCE(and) ASSAY_REDUCE(or) ASSAY_REDUCE(xor)
#undef ASSAY_REDUCE
#define ASSAY_SCAN(NAME, FIRST) \
  template <class T> inline T simd_prefix_inclusive_##NAME(T v, int line = __builtin_LINE()) { return T(scan_<true>(wide_t_<T>(v), wide_t_<T>(FIRST), NAME##_{}, line)); } \
  template <class T> inline T simd_prefix_exclusive_##NAME(T v, int line = __builtin_LINE()) { return T(scan_<false>(wide_t_<T>(v), wide_t_<T>(FIRST), NAME##_{}, line)); }
ASSAY_SCAN(sum, 0) ASSAY_SCAN(product, 1)
#undef ASSAY_SCAN
template <class T> inline T quad_broadcast(T v, ushort lane, int line = __builtin_LINE()) { return gathered_<T>(op_move_, v, line).from((lane_id_() & ~3u) + lane); }
template <class T> inline T quad_shuffle(T v, ushort lane, int line = __builtin_LINE()) { return gathered_<T>(op_move_, v, line).from((lane_id_() & ~3u) + lane); }
template <class T> inline T quad_shuffle_xor(T v, ushort mask, int line = __builtin_LINE()) { return gathered_<T>(op_move_, v, line).from(lane_id_() ^ (mask & 3)); }
inline simd_vote simd_ballot(bool b, int line = __builtin_LINE()) {
  gathered_<uint> g(op_vote_, b, line);
  ulong r = 0;
  for (int i = 0; i < 32; i++) if (g.has(i) && g.v[i]) r |= 1ul << i;
  return simd_vote(r);
}
inline simd_vote simd_active_threads_mask(int line = __builtin_LINE()) { return simd_vote(gathered_<uint>(op_vote_, 0u, line).mask); }
inline bool simd_all(bool b, int line = __builtin_LINE()) { gathered_<uint> g(op_vote_, b, line); for (int i = 0; i < 32; i++) if (g.has(i) && !g.v[i]) return false; return true; }
inline bool simd_any(bool b, int line = __builtin_LINE()) { gathered_<uint> g(op_vote_, b, line); for (int i = 0; i < 32; i++) if (g.has(i) && g.v[i]) return true; return false; }
inline bool simd_is_first(int line = __builtin_LINE()) { return gathered_<uint>(op_vote_, 0u, line).first() == lane_id_(); }

// Atomics: threadgroups run on several cores.
template <class T> struct atomic_bits_ { typedef conditional_t<sizeof(T) == 8, ulong, conditional_t<sizeof(T) == 4, uint, uchar>> type; };
template <class T> inline auto atomic_at_(const volatile atomic<T>* p) { return reinterpret_cast<typename atomic_bits_<T>::type*>(const_cast<T*>(&p->value_)); }
template <class T> inline T atomic_load_explicit(const volatile atomic<T>* p, memory_order) { return bits_as_<T>(__atomic_load_n(atomic_at_(p), __ATOMIC_SEQ_CST)); }
template <class T, class U> inline void atomic_store_explicit(volatile atomic<T>* p, U v, memory_order) { __atomic_store_n(atomic_at_(p), bits_as_<typename atomic_bits_<T>::type>(T(v)), __ATOMIC_SEQ_CST); }
template <class T, class U> inline T atomic_exchange_explicit(volatile atomic<T>* p, U v, memory_order) {
  return bits_as_<T>(__atomic_exchange_n(atomic_at_(p), bits_as_<typename atomic_bits_<T>::type>(T(v)), __ATOMIC_SEQ_CST)); }
template <class T, class U> inline bool atomic_compare_exchange_weak_explicit(volatile atomic<T>* p, T* expected, U v, memory_order, memory_order) {
  auto seen = bits_as_<typename atomic_bits_<T>::type>(*expected);
  bool ok = __atomic_compare_exchange_n(atomic_at_(p), &seen, bits_as_<typename atomic_bits_<T>::type>(T(v)), false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
  *expected = bits_as_<T>(seen);
  return ok;
}
template <class T, class F> inline T atomic_loop_(volatile atomic<T>* p, F f) {
  T seen = atomic_load_explicit(p, memory_order_relaxed);
  while (!atomic_compare_exchange_weak_explicit(p, &seen, f(seen), memory_order_relaxed, memory_order_relaxed)) {}
  return seen;
}
#define ASSAY_ATOMIC(NAME, EXPR) \
  template <class T, class U> inline T atomic_fetch_##NAME##_explicit(volatile atomic<T>* p, U v_, memory_order) { T v = T(v_); return atomic_loop_(p, [=](T a) { return T(EXPR); }); }
ASSAY_ATOMIC(add, a + v) ASSAY_ATOMIC(sub, a - v) ASSAY_ATOMIC(min, min(a, v)) ASSAY_ATOMIC(max, max(a, v))
ASSAY_ATOMIC(and, a & v) ASSAY_ATOMIC(or, a | v) ASSAY_ATOMIC(xor, a ^ v)
inline void atomic_max_explicit(volatile atomic<ulong>* p, ulong v, memory_order o) { atomic_fetch_max_explicit(p, v, o); }
inline void atomic_min_explicit(volatile atomic<ulong>* p, ulong v, memory_order o) { atomic_fetch_min_explicit(p, v, o); }
