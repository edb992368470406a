#pragma once
template <typename T, int N>
[[kernel]] void scaled(device const T *x [[buffer(0)]], device T *y [[buffer(1)]], uint i [[thread_position_in_grid]]) {
  y[i] = x[i] * T(N);
}
template <typename T>
[[kernel]] void nobody(device T *y [[buffer(0)]], uint i [[thread_position_in_grid]]) {
  y[i] = T(0);
}
