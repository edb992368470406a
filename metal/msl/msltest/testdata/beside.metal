// Kernels that need none of what is outside the subset, in a file that has it; and
// helpers that need function constants, of which each kernel reaches some.
#include <metal_stdlib>
#include <metal_logging>
#include <metal_simdgroup_matrix>
#include <metal_raytracing>
#include <MetalPerformancePrimitives/MetalPerformancePrimitives.h>
using namespace metal;
using namespace raytracing;

namespace lib { using os_log = metal::os_log; }
constant lib::os_log logger("lib", "kernels");
constexpr sampler nearest(filter::nearest);
inline float4 sample(texture2d<float> t, float2 at) { return t.sample(nearest, at); }
struct Scene { instance_acceleration_structure all; };
[[visible]] float shade(float x) { return x; }
vertex float4 corner(uint i [[vertex_id]]) { return float4(0); }
kernel void outside(texture2d<float> t [[texture(0)]], device float4 *y) { y[0] = sample(t, float2(0)); }
static_assert(sizeof(Scene *) == 8, "pointers");

constant int ratio [[function_constant(3)]];
constant int offset [[function_constant(4)]];
constant int twice = 2 * ratio;
inline int part(int i) { return i / ratio; }
inline int part(int i, int) { return part(i) + twice; }
struct shifted { int n; operator int() const { return n + offset; } };
template <typename T> T both(T i) { return T(part(i, 0)) + shifted{0}; }

kernel void plain(device int *y, uint i [[thread_position_in_grid]]) {
  logger.log_debug("thread %d", i);
  int offset = 5; // its own, no function constant
  y[i] = int(i) + offset;
}
kernel void one_constant(device int *y, uint i [[thread_position_in_grid]]) { y[i] = part(int(i), 1); }
kernel void two_constants(device int *y, uint i [[thread_position_in_grid]]) { y[i] = both(int(i)); }
