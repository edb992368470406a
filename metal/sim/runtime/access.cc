// The compiler calls these before each memory access of a kernel
// (-fsanitize=kernel-address without shadow memory).
#include "assay_runtime.h"
#include "fault.h"
#include "worker.h"

static inline bool inside(const region& r, uintptr_t at, size_t size) {
  uintptr_t begin = reinterpret_cast<uintptr_t>(r.begin);
  return at >= begin && at - begin <= r.size && size <= r.size - (at - begin);
}

// gap is how far an access lies outside a region.
static uintptr_t gap(const region& r, uintptr_t at) {
  uintptr_t begin = reinterpret_cast<uintptr_t>(r.begin);
  return at < begin ? begin - at : at - begin;
}

static void __attribute__((noinline)) slow(worker* w, uintptr_t at, size_t size, bool write, const void* frame, uintptr_t pc) {
  for (const region& r : *w->args)
    if (inside(r, at, size)) { w->last = &r; return; }
  for (const region& r : w->shared)
    if (inside(r, at, size)) { w->last = &r; return; }
  if (at - reinterpret_cast<uintptr_t>(w) < sizeof *w || modules_hold(at)) return;
  uintptr_t fibers = reinterpret_cast<uintptr_t>(w->fibers.data());
  if (at - fibers < w->fibers.size() * sizeof(fiber)) return;
  const unsigned* full = w->launch.full;
  const assay_thread& t = w->now->here;
  unsigned x = t.group[0] * full[0] + t.at[0], y = t.group[1] * full[1] + t.at[1], z = t.group[2] * full[2] + t.at[2];
  if (outgrown(w, frame)) fault(frame, pc, "kind=stack thread=%u,%u,%u", x, y, z);
  if (at - reinterpret_cast<uintptr_t>(w->stack_base) < w->stack_size) fault(frame, pc, "kind=other-thread write=%d size=%zu thread=%u,%u,%u", write, size, x, y, z);
  const region* near = 0;
  for (const std::vector<region>* list : {w->args, static_cast<const std::vector<region>*>(&w->shared)})
    for (const region& r : *list)
      if (!near || gap(r, at) < gap(*near, at)) near = &r;
  if (at < (1 << 20)) fault(frame, pc, "kind=null write=%d size=%zu thread=%u,%u,%u", write, size, x, y, z);
  if (!near) fault(frame, pc, "kind=access write=%d size=%zu thread=%u,%u,%u", write, size, x, y, z);
  fault(frame, pc, "kind=access write=%d size=%zu thread=%u,%u,%u buffer=%d shared=%d name=%s offset=%lld length=%zu", write, size, x, y, z, near->buffer,
        near->group, near->name ? near->name : "", static_cast<long long>(at - reinterpret_cast<uintptr_t>(near->begin)), near->size);
}

static inline void check(uintptr_t at, size_t size, bool write, const void* frame, void* pc) {
  worker* w = here;
  if (!w || !w->now) return;
  if (at - reinterpret_cast<uintptr_t>(w->now->stack) < stack_bytes) return; // its guard page faults by itself
  if (w->last && inside(*w->last, at, size)) return;
  slow(w, at, size, write, frame, reinterpret_cast<uintptr_t>(pc));
}

#define HOOK(NAME, SIZE, WRITE)                                                                                                             \
  extern "C" void __asan_##NAME##_noabort(uintptr_t at) { check(at, SIZE, WRITE, __builtin_frame_address(0), __builtin_return_address(0)); } \
  extern "C" void __asan_##NAME(uintptr_t at) { check(at, SIZE, WRITE, __builtin_frame_address(0), __builtin_return_address(0)); }
HOOK(load1, 1, false) HOOK(load2, 2, false) HOOK(load4, 4, false) HOOK(load8, 8, false) HOOK(load16, 16, false)
HOOK(store1, 1, true) HOOK(store2, 2, true) HOOK(store4, 4, true) HOOK(store8, 8, true) HOOK(store16, 16, true)
#define HOOKN(NAME, WRITE)                                                                                                                                \
  extern "C" void __asan_##NAME##_noabort(uintptr_t at, size_t size) { check(at, size, WRITE, __builtin_frame_address(0), __builtin_return_address(0)); } \
  extern "C" void __asan_##NAME(uintptr_t at, size_t size) { check(at, size, WRITE, __builtin_frame_address(0), __builtin_return_address(0)); }
HOOKN(loadN, false) HOOKN(storeN, true)
extern "C" void __asan_handle_no_return() {}
extern "C" void* __asan_memcpy(void* to, const void* from, size_t n) {
  if (n) {
    check(reinterpret_cast<uintptr_t>(from), n, false, __builtin_frame_address(0), __builtin_return_address(0));
    check(reinterpret_cast<uintptr_t>(to), n, true, __builtin_frame_address(0), __builtin_return_address(0));
  }
  return __builtin_memcpy(to, from, n);
}
extern "C" void* __asan_memmove(void* to, const void* from, size_t n) {
  if (n) {
    check(reinterpret_cast<uintptr_t>(from), n, false, __builtin_frame_address(0), __builtin_return_address(0));
    check(reinterpret_cast<uintptr_t>(to), n, true, __builtin_frame_address(0), __builtin_return_address(0));
  }
  return __builtin_memmove(to, from, n);
}
extern "C" void* __asan_memset(void* to, int c, size_t n) {
  if (n) check(reinterpret_cast<uintptr_t>(to), n, true, __builtin_frame_address(0), __builtin_return_address(0));
  return __builtin_memset(to, c, n);
}

// -fsanitize=bounds: an index outside an array of known size. The record
// begins with the place: file, line, column.
struct bounds_record { const char* file; unsigned line, column; };
static void __attribute__((noinline)) bounds(const bounds_record* r, uintptr_t index, const void* frame, void* pc) {
  worker* w = here;
  if (!w || !w->now) return;
  const unsigned* full = w->launch.full;
  const assay_thread& t = w->now->here;
  fault(frame, reinterpret_cast<uintptr_t>(pc), "kind=bounds file=%s line=%u index=%lld thread=%u,%u,%u", r->file, r->line, static_cast<long long>(index),
        t.group[0] * full[0] + t.at[0], t.group[1] * full[1] + t.at[1], t.group[2] * full[2] + t.at[2]);
}
extern "C" void __ubsan_handle_out_of_bounds(bounds_record* r, uintptr_t index) { bounds(r, index, __builtin_frame_address(0), __builtin_return_address(0)); }
extern "C" void __ubsan_handle_out_of_bounds_abort(bounds_record* r, uintptr_t index) { bounds(r, index, __builtin_frame_address(0), __builtin_return_address(0)); }
