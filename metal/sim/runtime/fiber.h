// Switching between stacks. A fiber runs until it yields; nothing preempts it.
#pragma once
#include <stdint.h>
#include <string.h>

// assay_switch saves the callee-saved state on the stack, stores the stack
// pointer in *save and continues where `to` was saved.
extern "C" void assay_switch(void** save, void* to);

#if defined(__APPLE__)
#define ASSAY_SYMBOL "_assay_switch"
#else
#define ASSAY_SYMBOL "assay_switch"
#endif

#if defined(__x86_64__)
asm(".text\n.globl " ASSAY_SYMBOL "\n" ASSAY_SYMBOL ":\n"
    "pushq %rbp\npushq %rbx\npushq %r12\npushq %r13\npushq %r14\npushq %r15\n"
    "movq %rsp, (%rdi)\nmovq %rsi, %rsp\n"
    "popq %r15\npopq %r14\npopq %r13\npopq %r12\npopq %rbx\npopq %rbp\nret\n");

// fiber_new prepares a stack so that the first switch to it calls start.
inline void* fiber_new(char* top, void (*start)()) {
  uintptr_t* sp = reinterpret_cast<uintptr_t*>(reinterpret_cast<uintptr_t>(top) & ~uintptr_t(15));
  *--sp = 0;                                    // a frame chain ends here
  *--sp = reinterpret_cast<uintptr_t>(start);   // popped by ret, which leaves the alignment of a call
  for (int i = 0; i < 6; i++) *--sp = 0;
  return sp;
}
#elif defined(__aarch64__)
asm(".text\n.p2align 2\n.globl " ASSAY_SYMBOL "\n" ASSAY_SYMBOL ":\n"
    "sub sp, sp, #160\nstp x19, x20, [sp]\nstp x21, x22, [sp, #16]\nstp x23, x24, [sp, #32]\nstp x25, x26, [sp, #48]\n"
    "stp x27, x28, [sp, #64]\nstp x29, x30, [sp, #80]\nstp d8, d9, [sp, #96]\nstp d10, d11, [sp, #112]\n"
    "stp d12, d13, [sp, #128]\nstp d14, d15, [sp, #144]\nmov x9, sp\nstr x9, [x0]\nmov sp, x1\n"
    "ldp x19, x20, [sp]\nldp x21, x22, [sp, #16]\nldp x23, x24, [sp, #32]\nldp x25, x26, [sp, #48]\n"
    "ldp x27, x28, [sp, #64]\nldp x29, x30, [sp, #80]\nldp d8, d9, [sp, #96]\nldp d10, d11, [sp, #112]\n"
    "ldp d12, d13, [sp, #128]\nldp d14, d15, [sp, #144]\nadd sp, sp, #160\nret\n");

inline void* fiber_new(char* top, void (*start)()) {
  uintptr_t* sp = reinterpret_cast<uintptr_t*>(reinterpret_cast<uintptr_t>(top) & ~uintptr_t(15));
  sp -= 20;
  memset(sp, 0, 160);
  sp[11] = reinterpret_cast<uintptr_t>(start); // x30
  return sp;
}
#else
#error "the sim device knows x86-64 and arm64"
#endif
