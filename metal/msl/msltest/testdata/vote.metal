// Prefix sums, ballots and votes, also where only some lanes take part.
#include <metal_stdlib>
using namespace metal;

kernel void vote(device const int *x [[buffer(0)]], device int *prefix [[buffer(1)]], device uint *votes [[buffer(2)]],
                 uint tid [[thread_position_in_grid]], uint lane [[thread_index_in_simdgroup]]) {
  const int v = x[tid];
  prefix[tid * 3] = simd_prefix_inclusive_sum(v);
  prefix[tid * 3 + 1] = simd_prefix_exclusive_sum(v);
  prefix[tid * 3 + 2] = simd_prefix_inclusive_product(v & 1 ? -1 : 1);
  const simd_vote odd = simd_ballot((v & 1) != 0);
  const uint bits = uint(static_cast<simd_vote::vote_t>(odd));
  votes[tid * 6] = bits;
  votes[tid * 6 + 1] = popcount(bits & ((1u << lane) - 1u));
  votes[tid * 6 + 2] = uint(simd_any(v > 40)) | uint(simd_all(v < 50)) << 1;
  // Lanes part here: each side has its own sum and first lane.
  int part;
  uint first;
  if (v & 1) {
    part = simd_sum(v);
    first = simd_is_first() ? 1u : 0u;
  } else {
    part = simd_sum(1000 + v);
    first = simd_is_first() ? 2u : 0u;
  }
  votes[tid * 6 + 3] = uint(part);
  votes[tid * 6 + 4] = first;
  // And are together again.
  votes[tid * 6 + 5] = uint(simd_sum(1));
}
