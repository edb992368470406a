#include "nowhere.h"
kernel void first(device float *y, uint i [[thread_position_in_grid]]) { y[i] = 1.0f; }
kernel void second(device float *y, uint i [[thread_position_in_grid]]) { y[i] = 2.0f; }
