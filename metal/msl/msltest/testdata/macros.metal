// The preprocessor: conditions, function-like macros, pasting, __VA_ARGS__,
// line splices, and what defines from outside decide.
#include <metal_stdlib>
using namespace metal;

#ifndef WIDTH
#error "define WIDTH"
#endif
#if defined(FANCY) && (WIDTH % 4 == 0 || WIDTH == 2)
#define OP(a, b) ((a) * (b) + 1)
#elif !defined(FANCY)
#define OP(a, b) ((a) + (b))
#else
#error "no such width"
#endif
#define PASTE_(a, b) a##_##b
#define PASTE(a, b) PASTE_(a, b)
#define NAME(op) PASTE(op, WIDTH)
#define SUM(first, ...) first + PASTE(sum, of)(__VA_ARGS__)
#define FOLD(x) \
  OP(x, 2)      /* continues \
                   here */
#define EMPTY()
#define STR(x) #x
_Pragma("clang diagnostic ignored \"-Wunused\"")

inline int sum_of(int a, int b) { return a + b; }

kernel void NAME(macro)(device int *out [[buffer(0)]], uint i [[thread_position_in_grid]]) {
  int acc = 0;
#pragma unroll
  for (int j = 0; j < WIDTH; j++) acc += FOLD(j) EMPTY();
  constexpr int letters = sizeof(STR(a "b" c)) - 1;
  out[i] = acc + SUM(int(i), 10, 20) + letters + (__METAL_VERSION__ >= 300 ? 1 : 0);
}
