// Function constants, given and left out, and an argument that one switches.
#include <metal_stdlib>
using namespace metal;

constant bool has_bias [[function_constant(0)]];
constant uint repeat [[function_constant(1)]];
constant float scale [[function_constant(2)]];
constant int shift [[function_constant(7)]];
constant bool shifted = is_function_constant_defined(shift);
constant int shift_value = is_function_constant_defined(shift) ? shift : -1;

kernel void scaled(device const float *x [[buffer(0)]], device const float *bias [[buffer(1), function_constant(has_bias)]],
                   device float *y [[buffer(2)]], uint i [[thread_position_in_grid]]) {
  float v = x[i];
  for (uint r = 0; r < repeat; r++) v *= scale;
  if (has_bias) v += bias[i];
  if (shifted) v += 1000.0f;
  y[i] = v + float(shift_value);
}
