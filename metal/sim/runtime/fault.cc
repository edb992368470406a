#include "assay_runtime.h"
#include "fault.h"
#include "worker.h"
#include <dlfcn.h>
#include <signal.h>
#include <string.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>
#if defined(__linux__)
#include <link.h>
#endif

static std::vector<module_range> modules; // in the order they were loaded

#if defined(__linux__)
static int extent(dl_phdr_info* info, size_t, void* data) {
  module_range* r = static_cast<module_range*>(data);
  uintptr_t lo = ~uintptr_t(0), hi = 0;
  for (int i = 0; i < info->dlpi_phnum; i++) {
    if (info->dlpi_phdr[i].p_type != PT_LOAD) continue;
    uintptr_t b = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr, e = b + info->dlpi_phdr[i].p_memsz;
    lo = b < lo ? b : lo;
    hi = e > hi ? e : hi;
  }
  if (r->begin < lo || r->begin >= hi) return 0;
  *r = module_range{info->dlpi_addr, hi};
  return 1;
}
#endif

void modules_add(const void* symbol) {
  module_range r = {reinterpret_cast<uintptr_t>(symbol), reinterpret_cast<uintptr_t>(symbol) + 1};
#if defined(__linux__)
  dl_iterate_phdr(extent, &r);
#else
  Dl_info info;
  if (dladdr(symbol, &info)) r = module_range{reinterpret_cast<uintptr_t>(info.dli_fbase), reinterpret_cast<uintptr_t>(info.dli_fbase) + (16 << 20)};
#endif
  modules.push_back(r);
}

int modules_find(uintptr_t pc, uintptr_t* offset) {
  for (size_t i = 0; i < modules.size(); i++)
    if (pc >= modules[i].begin && pc < modules[i].end) {
      *offset = pc - modules[i].begin;
      return int(i);
    }
  return -1;
}

bool modules_hold(uintptr_t address) {
  uintptr_t offset;
  return modules_find(address, &offset) >= 0;
}

static void send(const char* text, size_t n) {
  while (n > 0) {
    ssize_t done = write(STDOUT_FILENO, text, n);
    if (done <= 0) _exit(4);
    text += done;
    n -= size_t(done);
  }
}

void reply(const char* format, ...) {
  char line[4096];
  va_list args;
  va_start(args, format);
  int n = vsnprintf(line, sizeof line - 1, format, args);
  va_end(args);
  if (n > int(sizeof line) - 2) n = sizeof line - 2;
  line[n++] = '\n';
  send(line, size_t(n));
}

static int faulted;
static thread_local const void* interrupted; // the stack pointer when a signal came
static thread_local uintptr_t returns_to;    // the link register then, where there is one
static thread_local bool asked;               // the signal is a question and no fault

[[noreturn]] static void report(const void* frame, uintptr_t pc, const char* format, va_list args) {
  // One thread reports; others wait for the process to end.
  if (__atomic_exchange_n(&faulted, 1, __ATOMIC_SEQ_CST)) for (;;) pause();
  char line[3072], stack[1024] = "";
  vsnprintf(line, sizeof line, format, args);
  size_t n = 0;
  const worker* w = here;
  auto add = [&](uintptr_t at) {
    uintptr_t offset;
    int m = modules_find(at, &offset);
    if (m >= 0 && n + 48 < sizeof stack) n += size_t(snprintf(stack + n, sizeof stack - n, "%s%d:%llx", n ? "," : "", m, static_cast<unsigned long long>(offset)));
  };
  auto on_stack = [&](const void* at, size_t size) { return w && reinterpret_cast<uintptr_t>(at) - reinterpret_cast<uintptr_t>(w->stack_base) <= w->stack_size - size; };
  // All but the place of a signal are return addresses: they lie behind a call.
  if (pc) add(interrupted ? pc : pc - 1);
  // A signal on the way into or out of a function, where it has no frame: what
  // called it lies on top of the stack, or in a register. A place in a kernel's
  // own line comes first and makes these words harmless. After a fault the stack
  // may be what cannot be read.
  if (returns_to) add(returns_to - 1);
  const uintptr_t* top = static_cast<const uintptr_t*>(interrupted);
  for (int i = 0; i < 2 && asked && !returns_to && on_stack(top + i, 8); i++) add(top[i] - 1);
  const uintptr_t* f = static_cast<const uintptr_t*>(frame);
  for (int i = 0; i < 16 && f && !(reinterpret_cast<uintptr_t>(f) & 7) && on_stack(f, 16); i++) {
    add(f[1] - 1);
    if (f[0] <= reinterpret_cast<uintptr_t>(f)) break;
    f = reinterpret_cast<const uintptr_t*>(f[0]);
  }
  reply("fault %s stack=%s", line, stack);
  _exit(3);
}

void fault(const void* frame, uintptr_t pc, const char* format, ...) {
  va_list args;
  va_start(args, format);
  report(frame, pc, format, args);
}

static void registers(void* context, uintptr_t* pc, const void** frame) {
  ucontext_t* c = static_cast<ucontext_t*>(context);
#if defined(__linux__) && defined(__x86_64__)
  *pc = uintptr_t(c->uc_mcontext.gregs[REG_RIP]);
  *frame = reinterpret_cast<const void*>(c->uc_mcontext.gregs[REG_RBP]);
  interrupted = reinterpret_cast<const void*>(c->uc_mcontext.gregs[REG_RSP]);
#elif defined(__linux__) && defined(__aarch64__)
  *pc = c->uc_mcontext.pc;
  *frame = reinterpret_cast<const void*>(c->uc_mcontext.regs[29]);
  interrupted = reinterpret_cast<const void*>(c->uc_mcontext.sp);
  returns_to = c->uc_mcontext.regs[30];
#elif defined(__APPLE__) && defined(__aarch64__)
  *pc = c->uc_mcontext->__ss.__pc;
  *frame = reinterpret_cast<const void*>(c->uc_mcontext->__ss.__fp);
  interrupted = reinterpret_cast<const void*>(c->uc_mcontext->__ss.__sp);
  returns_to = c->uc_mcontext->__ss.__lr;
#else
  *pc = 0;
  *frame = 0;
#endif
}

static void on_signal(int number, siginfo_t* info, void* context) {
  const worker* w = here;
  if (number == SIGUSR2 && (!w || !w->now)) return;
  asked = number == SIGUSR2;
  uintptr_t pc;
  const void* frame;
  registers(context, &pc, &frame);
  const char* kind = number == SIGFPE ? "divide" : asked ? "hang" : number == SIGILL || number == SIGTRAP ? "trap" : "segv";
  uintptr_t at = reinterpret_cast<uintptr_t>(info->si_addr);
  if ((number == SIGSEGV || number == SIGBUS) && w && (at - reinterpret_cast<uintptr_t>(w->stack_base) < w->stack_size || (interrupted && outgrown(w, interrupted)))) kind = "stack";
  if (w && w->now) {
    const assay_thread& t = w->now->here;
    const unsigned* full = w->launch.full;
    fault(frame, pc, "kind=%s thread=%u,%u,%u", kind, t.group[0] * full[0] + t.at[0], t.group[1] * full[1] + t.at[1], t.group[2] * full[2] + t.at[2]);
  }
  fault(0, 0, "kind=%s runtime=1 signal=%d", kind, number);
}

void fault_signals() {
  struct sigaction a;
  memset(&a, 0, sizeof a);
  a.sa_sigaction = on_signal;
  a.sa_flags = SA_SIGINFO | SA_ONSTACK;
  for (int s : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGUSR2}) sigaction(s, &a, 0);
}

void fault_signal_stack() {
  stack_t s;
  memset(&s, 0, sizeof s);
  s.ss_size = 64 << 10;
  s.ss_sp = mmap(0, s.ss_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0);
  sigaltstack(&s, 0);
}
