#include "assay_runtime.h"
#include "fault.h"
#include "fiber.h"
#include "worker.h"
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include <type_traits>

thread_local worker* here;

void worker_init(worker* w) {
  w->fibers.resize(max_threads);
  w->stack_size = stack_bytes * max_threads;
  w->stack_base = static_cast<char*>(mmap(0, w->stack_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0));
  w->arena_size = 1 << 20;
  w->arena = static_cast<char*>(mmap(0, w->arena_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0));
  if (w->stack_base == MAP_FAILED || w->arena == MAP_FAILED) { reply("error no memory for fiber stacks"); exit(1); }
  for (unsigned i = max_threads; i-- > 0;) {
    mprotect(w->stack_base + i * stack_bytes, guard_bytes, PROT_NONE);
    w->stacks.push_back(w->stack_base + i * stack_bytes);
  }
}

// reserve takes threadgroup memory for a variable, or for an argument without a
// name, with a gap behind it that nothing owns.
static char* reserve(worker* w, size_t size, const char* name, const void* frame) {
  w->group_bytes += (size + 15) & ~size_t(15);
  size_t at = (w->arena_used + 255) & ~size_t(255);
  if (w->group_bytes > max_group_bytes || at + size > w->arena_size)
    fault(frame, 0, "kind=threadgroup-memory size=%zu name=%s length=%zu limit=%zu", w->group_bytes, name, size, max_group_bytes);
  w->arena_used = at + size + 64;
  return w->arena + at;
}

void worker_begin(worker* w, const assay_launch& l, const std::vector<region>& args, void (*kernel)(const assay_thread*), const std::vector<unsigned>& bytes) {
  w->launch = l;
  w->kernel = kernel;
  w->args = &args;
  w->last = 0;
  w->shared.clear();
  w->arena_used = w->group_bytes = 0;
  for (size_t i = 0; i < bytes.size() && i < 31; i++) {
    if (!bytes[i]) continue;
    char* p = reserve(w, bytes[i], "", 0);
    w->launch.shared[i] = p;
    w->shared.push_back(region{p, bytes[i], -1, int(i), 0, -1});
  }
  w->shared.reserve(256); // pointers to regions stay good
}

// start is where every fiber begins.
static void start() {
  worker* w = here;
  w->kernel(&w->now->here);
  w->now->st = finished;
  void* dead;
  assay_switch(&dead, w->scheduler);
  __builtin_unreachable();
}

static void yield(worker* w) {
  fiber* f = w->now;
  assay_switch(&f->sp, w->scheduler);
}

static void resume(worker* w, fiber* f) {
  if (f->st == fresh) {
    f->stack = w->stacks.back();
    w->stacks.pop_back();
    f->sp = fiber_new(f->stack + stack_bytes, start);
  }
  f->st = ready;
  w->now = f;
  assay_switch(&w->scheduler, f->sp);
  w->now = 0;
  if (f->st == finished) {
    w->stacks.push_back(f->stack);
    f->stack = 0;
  }
}

// release lets the lanes that wait at one simdgroup operation go on. Where
// lanes wait at several, the earliest in the source goes first: later ones
// may still be joined.
static bool release(worker* w, unsigned first, unsigned count) {
  fiber* f = &w->fibers[first];
  int best = -1;
  for (unsigned i = 0; i < count; i++)
    if (f[i].st == at_simd && (best < 0 || f[i].line < f[best].line || (f[i].line == f[best].line && f[i].op < f[best].op))) best = int(i);
  if (best < 0) return false;
  w->released = 0;
  int line = f[best].line, op = f[best].op;
  for (unsigned i = 0; i < count; i++)
    if (f[i].st == at_simd && f[i].line == line && f[i].op == op) {
      w->released |= 1u << i;
      memcpy(w->taken[i], w->slots[i], sizeof w->slots[i]);
    }
  for (unsigned i = 0; i < count; i++) if (w->released >> i & 1) resume(w, &f[i]);
  return true;
}

static void threads_text(char* out, size_t size, const fiber& f) {
  snprintf(out, size, "%u,%u,%u", f.here.at[0], f.here.at[1], f.here.at[2]);
}

// barrier checks that all threads wait at one barrier.
static void barrier(worker* w) {
  const fiber* wait = 0;
  const fiber* other = 0;
  for (unsigned i = 0; i < w->threads; i++)
    if (w->fibers[i].st == at_barrier && !wait) wait = &w->fibers[i];
  for (unsigned i = 0; i < w->threads; i++)
    if (w->fibers[i].st == finished || w->fibers[i].line != wait->line) { other = &w->fibers[i]; break; }
  if (other) {
    char a[64], b[64];
    threads_text(a, sizeof a, *wait);
    threads_text(b, sizeof b, *other);
    fault(0, 0, "kind=barrier file=%s line=%d thread=%s other=%s otherline=%d group=%u,%u,%u", wait->file, wait->line, a, b, other->st == finished ? 0 : other->line,
          w->group[0], w->group[1], w->group[2]);
  }
  for (unsigned i = 0; i < w->threads; i++) w->fibers[i].st = ready;
}

void worker_group(worker* w, unsigned gx, unsigned gy, unsigned gz) {
  const unsigned group[3] = {gx, gy, gz};
  unsigned size[3];
  for (int d = 0; d < 3; d++) {
    unsigned rest = w->launch.grid[d] - group[d] * w->launch.full[d];
    size[d] = rest < w->launch.full[d] ? rest : w->launch.full[d];
    w->group[d] = group[d];
  }
  w->threads = size[0] * size[1] * size[2];
  // Threadgroup memory begins undefined: as floats these bytes are NaN.
  for (region& r : w->shared) memset(r.begin, 0xff, r.size);
  unsigned i = 0;
  for (unsigned z = 0; z < size[2]; z++)
    for (unsigned y = 0; y < size[1]; y++)
      for (unsigned x = 0; x < size[0]; x++, i++) {
        fiber& f = w->fibers[i];
        f.st = fresh;
        f.stack = 0;
        f.line = f.op = 0;
        f.here = assay_thread{&w->launch, {gx, gy, gz}, {size[0], size[1], size[2]}, {x, y, z}, i};
      }
  for (;;) {
    bool waiting = false;
    for (unsigned first = 0; first < w->threads; first += 32) {
      unsigned count = w->threads - first < 32 ? w->threads - first : 32;
      do {
        for (unsigned i = first; i < first + count; i++)
          if (w->fibers[i].st == fresh || w->fibers[i].st == ready) resume(w, &w->fibers[i]);
      } while (release(w, first, count));
      for (unsigned i = first; i < first + count; i++) waiting = waiting || w->fibers[i].st == at_barrier;
    }
    if (!waiting) return;
    barrier(w);
  }
}

extern "C" void assay_barrier(const char* file, int line) {
  worker* w = here;
  w->now->file = file;
  w->now->st = at_barrier;
  w->now->line = line;
  yield(w);
}

// collect copies what each released lane gave, and zeros for the others.
template <class Size> static void collect(const worker* w, char* all, Size size) {
  for (unsigned i = 0; i < 32; i++, all += size)
    if (w->released >> i & 1) memcpy(all, w->taken[i], size);
    else memset(all, 0, size);
}

extern "C" unsigned assay_exchange(int op, int line, const void* value, unsigned size, void* all) {
  worker* w = here;
  unsigned lane = w->now->here.index & 31;
  memcpy(w->slots[lane], value, size);
  w->now->st = at_simd;
  w->now->line = line;
  w->now->op = op;
  yield(w);
  // A size the compiler knows spares 32 calls of memcpy: of a float, and of a
  // matrix multiplication's operands.
  if (size == 4) collect(w, static_cast<char*>(all), std::integral_constant<unsigned, 4>());
  else if (size == 8) collect(w, static_cast<char*>(all), std::integral_constant<unsigned, 8>());
  else if (size == 16) collect(w, static_cast<char*>(all), std::integral_constant<unsigned, 16>());
  else collect(w, static_cast<char*>(all), size);
  return w->released;
}

extern "C" void assay_lanes(unsigned mask) {
  const assay_thread& t = here->now->here;
  const unsigned* full = here->launch.full;
  fault(__builtin_frame_address(0), 0, "kind=lanes thread=%u,%u,%u lanes=%d", t.group[0] * full[0] + t.at[0], t.group[1] * full[1] + t.at[1],
        t.group[2] * full[2] + t.at[2], __builtin_popcount(mask));
}

extern "C" unsigned assay_lane() { return here->now->here.index & 31; }

extern "C" void* assay_shared(int site, const char* name, int line, unsigned size) {
  (void)line;
  worker* w = here;
  for (region& r : w->shared)
    if (r.site == site) return r.begin;
  char* p = reserve(w, size, name, __builtin_frame_address(0));
  if (w->shared.size() == w->shared.capacity()) fault(__builtin_frame_address(0), 0, "kind=threadgroup-variables limit=%zu", w->shared.size());
  w->shared.push_back(region{p, size, -1, -1, name, site});
  memset(p, 0xff, size);
  return p;
}
