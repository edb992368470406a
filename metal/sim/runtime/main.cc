// The sim device's kernel server: maps buffers, loads compiled kernels and
// runs dispatches on behalf of the process that started it. Commands come as
// lines on standard input, one answer line each goes to standard output.
//
//   map ID SIZE PATH        -> ok
//   unmap ID                -> ok
//   load PATH               -> ok                (modules are numbered in order)
//   run MODULE SYMBOL GRIDX GRIDY GRIDZ X Y Z NARGS ARG... NGROUP BYTES...
//                           -> beat... then ok NANOSECONDS
//
// While a run is on, SIGUSR1 asks for a report of where a thread is, and the end.
// ARG is "b ID OFFSET", "i HEX" or "n". Anything wrong inside a kernel ends
// the process after a "fault" line; errors of the protocol answer "error TEXT".
#include "assay_runtime.h"
#include "fault.h"
#include "worker.h"
#include <atomic>
#include <condition_variable>
#include <chrono>
#include <dlfcn.h>
#include <fcntl.h>
#include <map>
#include <mutex>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <string>
#include <sys/mman.h>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

struct buffer { char* base; size_t size; };
struct module { const assay_entry* entries; };

// job is the dispatch being run; workers take threadgroups from it.
struct job {
  const assay_launch* launch;
  const std::vector<region>* args;
  const std::vector<unsigned>* group_bytes;
  void (*kernel)(const assay_thread*);
  unsigned long total;
  std::atomic<unsigned long> next{0}, done{0};
};

static std::map<int, buffer> buffers;
static std::vector<module> loaded;
static std::vector<worker*> workers;
static std::mutex lock;
static std::condition_variable wake, idle;
static job* current;
static unsigned generation, busy;

static void work(worker* w, job& j) {
  if (j.next >= j.total) return;
  worker_begin(w, *j.launch, *j.args, j.kernel, *j.group_bytes);
  const unsigned* n = j.launch->groups;
  for (unsigned long g; (g = j.next++) < j.total; j.done++)
    worker_group(w, unsigned(g % n[0]), unsigned(g / n[0] % n[1]), unsigned(g / n[0] / n[1]));
}

// flush_subnormals makes this thread's float arithmetic take and give zero for what
// is smaller than the smallest normal float, as Apple's compiler says of its kernels
// (air.compile.denorms_disable). Conversions to and from half keep those of half.
static void flush_subnormals() {
#if defined(__x86_64__)
  __builtin_ia32_ldmxcsr(__builtin_ia32_stmxcsr() | 0x8040);
#else
  uint64_t control;
  asm volatile("mrs %0, fpcr" : "=r"(control));
  asm volatile("msr fpcr, %0" : : "r"(control | 1u << 24));
#endif
}

static void worker_main(worker* w) {
  here = w;
  flush_subnormals();
  fault_signal_stack();
  for (unsigned seen = 0;;) {
    std::unique_lock<std::mutex> hold(lock);
    wake.wait(hold, [&] { return generation != seen; });
    seen = generation;
    hold.unlock();
    work(w, *current);
    hold.lock();
    if (--busy == 0) idle.notify_one();
  }
}

// dispatch runs a job on every worker and tells the other side that it is
// alive while threadgroups finish.
static void dispatch(job& j) {
  std::unique_lock<std::mutex> hold(lock);
  current = &j;
  busy = unsigned(workers.size());
  generation++;
  wake.notify_all();
  unsigned long reported = 0;
  while (!idle.wait_for(hold, std::chrono::milliseconds(100), [] { return busy == 0; })) {
    if (j.done != reported) reply("beat");
    reported = j.done;
  }
}

// A run may have 31 arguments of 4096 bytes, two digits each.
static char line[1 << 19];

static char* word() { return strtok(0, " \n"); }
static unsigned long number() {
  char* w = word();
  return w ? strtoul(w, 0, 10) : 0;
}

static void map_buffer() {
  int id = int(number());
  size_t size = number();
  const char* path = strtok(0, "\n");
  int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
  if (fd < 0) return reply("error cannot open the memory of buffer %d", id);
  // Far from its neighbours, so that no index out of one lands in another.
  const size_t apart = size_t(1) << 32, page = size_t(sysconf(_SC_PAGESIZE)), room = (size + page - 1) / page * page;
  char* reserved = static_cast<char*>(mmap(0, room + 2 * apart, PROT_NONE, MAP_PRIVATE | MAP_ANON | MAP_NORESERVE, -1, 0));
  char* base = reserved == MAP_FAILED ? reserved : static_cast<char*>(mmap(reserved + apart, room, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0));
  close(fd);
  if (base == MAP_FAILED) return reply("error cannot map the memory of buffer %d", id);
  buffers[id] = buffer{base, size};
  reply("ok");
}

static void unmap_buffer() {
  auto b = buffers.find(int(number()));
  if (b != buffers.end()) {
    const size_t apart = size_t(1) << 32, page = size_t(sysconf(_SC_PAGESIZE));
    munmap(b->second.base - apart, (b->second.size + page - 1) / page * page + 2 * apart);
    buffers.erase(b);
  }
  reply("ok");
}

static void load() {
  const char* path = strtok(0, "\n");
  void* handle = path ? dlopen(path, RTLD_NOW | RTLD_LOCAL) : 0;
  const assay_entry* entries = handle ? static_cast<const assay_entry*>(dlsym(handle, "assay_entries")) : 0;
  if (!entries) return reply("error %s", dlerror());
  modules_add(reinterpret_cast<const void*>(entries));
  loaded.push_back(module{entries});
  reply("ok");
}

static int digit(char c) { return c <= '9' ? c - '0' : c - 'a' + 10; }

static void run() {
  size_t m = number();
  const char* symbol = word();
  assay_launch l;
  memset(&l, 0, sizeof l);
  for (unsigned& d : l.grid) d = unsigned(number());
  for (unsigned& d : l.full) d = unsigned(number());
  std::vector<region> args;
  std::vector<std::string> inlined(31);
  unsigned long n = number();
  for (unsigned i = 0; i < n && i < 31; i++) {
    const char* kind = word();
    if (!kind) return reply("error malformed run");
    if (*kind == 'b') {
      auto b = buffers.find(int(number()));
      size_t offset = number();
      if (b == buffers.end() || offset > b->second.size) return reply("error argument %u is no buffer", i);
      l.args[i] = b->second.base + offset;
      args.push_back(region{b->second.base, b->second.size, int(i), -1, 0, -1});
    } else if (*kind == 'i') {
      const char* hex = word();
      std::string& data = inlined[i];
      for (; hex && hex[0] && hex[1]; hex += 2) data.push_back(char(digit(hex[0]) << 4 | digit(hex[1])));
      size_t size = data.size();
      data.append(64, '\0'); // apart from what lies behind it
      char* p = const_cast<char*>(data.data());
      l.args[i] = p;
      args.push_back(region{p, size, int(i), -1, 0, -1});
    }
  }
  std::vector<unsigned> group_bytes(number());
  for (unsigned& b : group_bytes) b = unsigned(number());
  const assay_entry* e = m < loaded.size() ? loaded[m].entries : 0;
  while (e && e->symbol && strcmp(e->symbol, symbol)) e++;
  if (!e || !e->symbol) return reply("error no kernel %s", symbol);
  unsigned long total = 1;
  for (int d = 0; d < 3; d++) {
    if (!l.full[d]) return reply("error empty threadgroup");
    l.groups[d] = (l.grid[d] + l.full[d] - 1) / l.full[d];
    total *= l.groups[d];
  }
  if (l.full[0] * l.full[1] * l.full[2] > max_threads) return reply("error threadgroup is too large");
  job j;
  j.launch = &l;
  j.args = &args;
  j.group_bytes = &group_bytes;
  j.kernel = e->run;
  j.total = total;
  auto began = std::chrono::steady_clock::now();
  dispatch(j);
  reply("ok %lld", static_cast<long long>(std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now() - began).count()));
}

// Asked where it is (SIGUSR1), the process makes its workers tell: the first
// one inside a kernel answers and ends it.
static void on_where(int) {
  for (worker* w : workers) pthread_kill(w->thread, SIGUSR2);
}

int main(int argc, char** argv) {
  fault_signals();
  fault_signal_stack();
  signal(SIGUSR1, on_where);
  signal(SIGPIPE, SIG_IGN);
  unsigned count = argc > 1 ? unsigned(atoi(argv[1])) : 1;
  pid_t parent = getppid();
  // The question goes to this thread alone: a worker that took it would find
  // itself in its handler and not in the kernel.
  sigset_t question;
  sigemptyset(&question);
  sigaddset(&question, SIGUSR1);
  pthread_sigmask(SIG_BLOCK, &question, 0);
  for (unsigned i = 0; i < count; i++) {
    worker* w = new worker();
    worker_init(w);
    workers.push_back(w);
    std::thread t(worker_main, w);
    w->thread = t.native_handle();
    t.detach();
  }
  // A kernel that never ends must not outlive the process it belongs to.
  std::thread([parent] {
    while (getppid() == parent) usleep(500000);
    _exit(5);
  }).detach();
  pthread_sigmask(SIG_UNBLOCK, &question, 0);
  reply("ready");
  while (fgets(line, sizeof line, stdin)) {
    char* command = strtok(line, " \n");
    if (!command) continue;
    if (!strcmp(command, "map")) map_buffer();
    else if (!strcmp(command, "unmap")) unmap_buffer();
    else if (!strcmp(command, "load")) load();
    else if (!strcmp(command, "run")) run();
    else reply("error unknown command %s", command);
  }
  _exit(0);
}
