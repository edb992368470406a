// A fault ends the process after one line that says what happened. The line
// is "fault" and key=value pairs; stack is a list of module:offset.
#pragma once
#include <stdint.h>

// fault reports and ends the process. The stack is that of the running fiber from
// frame on; pc, if it is not 0, comes first.
[[noreturn]] void fault(const void* frame, uintptr_t pc, const char* format, ...) __attribute__((format(printf, 3, 4)));
void fault_signals();        // installs handlers; per process
void fault_signal_stack();   // per thread
void reply(const char* format, ...) __attribute__((format(printf, 1, 2)));

struct module_range { uintptr_t begin, end; };
void modules_add(const void* symbol); // makes a loaded kernel's code and data known
bool modules_hold(uintptr_t address);
int modules_find(uintptr_t pc, uintptr_t* offset);
