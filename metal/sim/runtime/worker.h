// A worker runs whole threadgroups: one fiber per thread, in lockstep at
// barriers and simdgroup operations.
#pragma once
#include <pthread.h>
#include <stddef.h>
#include <vector>

const unsigned max_threads = 1024;
const size_t max_group_bytes = 32 << 10; // of threadgroup memory, as on every Apple GPU
const size_t stack_bytes = 128 << 10; // of one fiber, guard page included

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

extern thread_local worker* here;
void worker_init(worker*);
void worker_begin(worker*, const assay_launch&, const std::vector<region>& args, void (*kernel)(const assay_thread*), const std::vector<unsigned>& group_bytes);
void worker_group(worker*, unsigned x, unsigned y, unsigned z);
