// A class with members for every address space, as MLX's complex numbers are,
// and indices that macros compute.
#include <metal_stdlib>
using namespace metal;

#define FC_BASE 40
#define ARG(n) (n + 1 - 1)

constant short rounds [[function_constant(FC_BASE + 2)]];

struct complex64_t;
template <typename T> static constexpr constant bool can_convert = !is_same_v<T, complex64_t> && is_convertible_v<T, float>;

struct complex64_t {
  float real;
  float imag;
  constexpr complex64_t(float r, float i) : real(r), imag(i) {}
  constexpr complex64_t() : real(0), imag(0) {}
  constexpr complex64_t() threadgroup : real(0), imag(0) {}
  template <typename T, typename = typename enable_if<can_convert<T>>::type>
  constexpr complex64_t(T x) thread : real(x), imag(0) {}
  template <typename T, typename = typename enable_if<can_convert<T>>::type>
  constexpr complex64_t(T x) threadgroup : real(x), imag(0) {}
  template <typename T, typename = typename enable_if<can_convert<T>>::type>
  constexpr complex64_t(T x) device : real(x), imag(0) {}
  template <typename T, typename = typename enable_if<can_convert<T>>::type>
  constexpr complex64_t(T x) constant : real(x), imag(0) {}
  template <typename T> constexpr explicit operator T() const thread { return static_cast<T>(real); }
  template <typename T> constexpr explicit operator T() const constant { return static_cast<T>(real); }
};

constexpr complex64_t operator*(complex64_t a, complex64_t b) {
  return {a.real * b.real - a.imag * b.imag, a.real * b.imag + a.imag * b.real};
}
constexpr bool operator>=(complex64_t a, complex64_t b) { return a.real >= b.real; }

[[kernel, max_total_threads_per_threadgroup(FC_BASE + 24)]]
void power(device const complex64_t *x [[buffer(ARG(0))]], device complex64_t *y [[buffer(ARG(1))]], uint i[[thread_position_in_grid]]) {
  complex64_t v = x[i];
  complex64_t acc = 1.0f;
  for (short r = 0; r < rounds; r++) acc = acc * v;
  y[i] = acc >= complex64_t(0.0f) ? acc : complex64_t(static_cast<float>(acc), 0.0f);
}
