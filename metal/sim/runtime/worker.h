// A worker runs whole threadgroups: one fiber per thread, in lockstep at
// barriers and simdgroup operations.
#pragma once
#include <pthread.h>
#include <stddef.h>
#include <stdint.h>
#include <vector>

const unsigned max_threads = 1024;
const size_t max_group_bytes = 32 << 10; // of threadgroup memory, as on every Apple GPU
// One fiber's stack: 128 KiB of thread memory, a guard page of at most 16 KiB
// below, and the rest for this runtime's own functions.
const size_t stack_bytes = 160 << 10, guard_bytes = 16 << 10;

// region is memory a kernel may touch.
struct region {
  char* begin;
  size_t size;
  int buffer;       // [[buffer(n)]], or -1
  int group;        // [[threadgroup(n)]], or -1
  const char* name; // of a threadgroup variable, or null
  int site;
};

enum state { fresh, ready, at_barrier, at_simd, finished };

struct fiber {
  void* sp;
  char* stack; // lowest byte of its stack, null before it starts
  state st;
  int line;    // where it waits
  const char* file;
  int op;
  assay_thread here;
};

struct worker {
  assay_launch launch; // a copy, so that threadgroup memory is this worker's own
  void (*kernel)(const assay_thread*);
  std::vector<fiber> fibers;
  std::vector<char*> stacks; // free ones
  char* stack_base;
  size_t stack_size;
  void* scheduler; // its saved stack pointer
  fiber* now;      // the running fiber, null in the scheduler
  unsigned threads;
  char slots[32][64];                   // what lanes of the current simdgroup posted
  char taken[32][64];                   // what the released lanes see
  unsigned released;                    // which lanes those are
  unsigned group[3];
  std::vector<region> shared; // this worker's threadgroup memory
  char* arena;
  size_t arena_used, arena_size;
  size_t group_bytes; // threadgroup memory in use, as Metal counts it
  const std::vector<region>* args;
  const region* last; // the region of the last access
  pthread_t thread;
};

// outgrown reports whether a stack pointer has left the running fiber's stack.
inline bool outgrown(const worker* w, const void* sp) {
  return w->now && w->now->stack && reinterpret_cast<uintptr_t>(sp) - reinterpret_cast<uintptr_t>(w->now->stack) - guard_bytes >= stack_bytes - guard_bytes;
}

extern thread_local worker* here;
void worker_init(worker*);
void worker_begin(worker*, const assay_launch&, const std::vector<region>& args, void (*kernel)(const assay_thread*), const std::vector<unsigned>& group_bytes);
void worker_group(worker*, unsigned x, unsigned y, unsigned z);
