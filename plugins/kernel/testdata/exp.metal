uint elem = thread_position_in_grid.x;
uint loc = elem_to_loc(elem, inp_shape, inp_strides, inp_ndim);
T tmp = inp[loc];
if (TWICE) tmp = T(N) * tmp;
out[elem] = metal::exp(tmp) + helper<T>(bias);
