// Names of Apple's compiler that public code uses.
template <class T> struct __is_valid_simdgroup_type : bool_constant<(is_floating_point_v<T> || is_integral_v<T>) && !is_same_v<remove_cv_t<T>, bool> && sizeof(T) <= 4> {};
template <class T, int N> struct __is_valid_simdgroup_type<vec<T, N>> : __is_valid_simdgroup_type<T> {};
