// Scalar types, type traits and the small float types.
typedef unsigned char uchar;
typedef unsigned short ushort;
typedef unsigned int uint;
typedef unsigned long ulong;
typedef signed char int8_t;
typedef unsigned char uint8_t;
typedef short int16_t;
typedef unsigned short uint16_t;
typedef int int32_t;
typedef unsigned int uint32_t;
typedef long int64_t;
typedef unsigned long uint64_t;
typedef unsigned long size_t;
typedef long ptrdiff_t;
typedef decltype(nullptr) nullptr_t;

template <class T, T V> struct integral_constant { static constexpr T value = V; typedef T value_type; typedef integral_constant type;
  constexpr operator T() const { return V; } };
typedef integral_constant<bool, true> true_type;
typedef integral_constant<bool, false> false_type;
template <bool B> using bool_constant = integral_constant<bool, B>;
template <bool B, class T = void> struct enable_if {};
template <class T> struct enable_if<true, T> { typedef T type; };
template <bool B, class T = void> using enable_if_t = typename enable_if<B, T>::type;
template <bool B, class A, class C> struct conditional { typedef A type; };
template <class A, class C> struct conditional<false, A, C> { typedef C type; };
template <bool B, class A, class C> using conditional_t = typename conditional<B, A, C>::type;
template <class...> using void_of_ = void; // not void_t, which Metal leaves to its users
template <class A, class B> struct is_same : false_type {};
template <class A> struct is_same<A, A> : true_type {};
template <class A, class B> constexpr bool is_same_v = is_same<A, B>::value;
template <class T> struct remove_const { typedef T type; };
template <class T> struct remove_const<const T> { typedef T type; };
template <class T> struct remove_volatile { typedef T type; };
template <class T> struct remove_volatile<volatile T> { typedef T type; };
template <class T> struct remove_cv : remove_const<typename remove_volatile<T>::type> {};
template <class T> using remove_cv_t = typename remove_cv<T>::type;
template <class T> struct remove_reference { typedef T type; };
template <class T> struct remove_reference<T&> { typedef T type; };
template <class T> struct remove_reference<T&&> { typedef T type; };
template <class T> using remove_reference_t = typename remove_reference<T>::type;
template <class T> struct remove_pointer { typedef T type; };
template <class T> struct remove_pointer<T*> { typedef T type; };
template <class T> using remove_pointer_t = typename remove_pointer<T>::type;
template <class T> struct remove_addrspace { typedef T type; }; // there are none
template <class T> using remove_addrspace_t = typename remove_addrspace<T>::type;
template <class T> using remove_const_t = typename remove_const<T>::type;
template <class T> using remove_volatile_t = typename remove_volatile<T>::type;
template <class T> struct add_const { typedef const T type; };
template <class T> using add_const_t = typename add_const<T>::type;
template <class T> struct is_const : false_type {};
template <class T> struct is_const<const T> : true_type {};
template <class T> constexpr bool is_const_v = is_const<T>::value;
template <class T> struct is_reference : false_type {};
template <class T> struct is_reference<T&> : true_type {};
template <class T> constexpr bool is_reference_v = is_reference<T>::value;
template <class T> struct is_array : false_type {};
template <class T, size_t N> struct is_array<T[N]> : true_type {};
template <class T> constexpr bool is_array_v = is_array<T>::value;
template <class T> struct is_void : is_same<remove_cv_t<T>, void> {};
template <class T> constexpr bool is_void_v = is_void<T>::value;
template <class T> using decay_t = remove_cv_t<remove_reference_t<T>>;
template <class T> struct is_pointer : false_type {};
template <class T> struct is_pointer<T*> : true_type {};
template <class T> constexpr bool is_pointer_v = is_pointer<T>::value;
template <class T> T&& declval();
template <class B> true_type converts_(B);
template <class B> false_type converts_(...);
template <class A, class B, class = void> struct is_convertible : false_type {};
template <class A, class B> struct is_convertible<A, B, void_of_<decltype(converts_<B>(declval<A>()))>> : bool_constant<decltype(converts_<B>(declval<A>()))::value> {};
template <class A, class B> constexpr bool is_convertible_v = is_convertible<A, B>::value;
template <class T> struct is_enum : bool_constant<__is_enum(T)> {};
template <class T> constexpr bool is_enum_v = __is_enum(T);
template <class T> struct is_class : bool_constant<__is_class(T)> {};
template <class T> constexpr bool is_class_v = __is_class(T);
template <class T> struct is_union : bool_constant<__is_union(T)> {};
template <class T> constexpr bool is_union_v = __is_union(T);
template <class A, class B> struct is_base_of : bool_constant<__is_base_of(A, B)> {};
template <class A, class B> constexpr bool is_base_of_v = __is_base_of(A, B);

template <class T> struct is_integer_ : false_type {};
#define ASSAY_INTEGER(T) template <> struct is_integer_<T> : true_type {};
ASSAY_INTEGER(bool) ASSAY_INTEGER(char) ASSAY_INTEGER(signed char) ASSAY_INTEGER(unsigned char)
ASSAY_INTEGER(short) ASSAY_INTEGER(unsigned short) ASSAY_INTEGER(int) ASSAY_INTEGER(unsigned int)
ASSAY_INTEGER(long) ASSAY_INTEGER(unsigned long) ASSAY_INTEGER(long long) ASSAY_INTEGER(unsigned long long)
template <class T> struct is_integral : is_integer_<remove_cv_t<T>> {};
template <class T> constexpr bool is_integral_v = is_integral<T>::value;

struct half;
struct bfloat;
template <class T> struct is_small_ : bool_constant<is_same_v<T, half> || is_same_v<T, bfloat>> {};
template <class T> struct is_floating_point : bool_constant<is_same_v<remove_cv_t<T>, float> || is_small_<remove_cv_t<T>>::value> {};
template <class T> constexpr bool is_floating_point_v = is_floating_point<T>::value;
template <class T> struct is_arithmetic : bool_constant<is_integral_v<T> || is_floating_point_v<T>> {};
template <class T> constexpr bool is_arithmetic_v = is_arithmetic<T>::value;
template <class T> constexpr bool is_scalar_v = is_arithmetic_v<T> || __is_enum(T);
template <class T> struct is_scalar : bool_constant<is_scalar_v<T>> {};
template <class T> constexpr bool is_fundamental_v = is_arithmetic_v<T> || is_void_v<T> || is_same_v<T, nullptr_t>;
template <class T> struct is_fundamental : bool_constant<is_fundamental_v<T>> {};
template <class T> struct is_unsigned : bool_constant<is_integral_v<T> && (T(0) < T(-1))> {};
template <> struct is_unsigned<float> : false_type {};
template <> struct is_unsigned<half> : false_type {};
template <> struct is_unsigned<bfloat> : false_type {};
template <class T> constexpr bool is_unsigned_v = is_unsigned<T>::value;
template <class T> struct is_signed : bool_constant<is_arithmetic_v<T> && !is_unsigned_v<T>> {};
template <class T> constexpr bool is_signed_v = is_signed<T>::value;
template <class T> struct make_unsigned { typedef T type; };
template <> struct make_unsigned<char> { typedef uchar type; };
template <> struct make_unsigned<signed char> { typedef uchar type; };
template <> struct make_unsigned<short> { typedef ushort type; };
template <> struct make_unsigned<int> { typedef uint type; };
template <> struct make_unsigned<long> { typedef ulong type; };
template <class T> using make_unsigned_t = typename make_unsigned<T>::type;
template <class T> struct make_signed { typedef T type; };
template <> struct make_signed<uchar> { typedef signed char type; };
template <> struct make_signed<ushort> { typedef short type; };
template <> struct make_signed<uint> { typedef int type; };
template <> struct make_signed<ulong> { typedef long type; };
template <class T> using make_signed_t = typename make_signed<T>::type;

// A copy of a value's bits as another type of the same size.
template <class To, class From> inline To bits_as_(const From& from) {
  static_assert(sizeof(To) == sizeof(From), "as_type needs types of one size");
  To to;
  ASSAY_COPY_(&to, &from, sizeof(To));
  return to;
}

template <class To> constexpr To saturated_(float x);

// Whether a class converts to float, or to an integer that does, and not to N itself.
template <class T, class N> auto becomes_small_(int) -> decltype(declval<T&>().operator N(), true_type{});
template <class T, class N> false_type becomes_small_(...);
template <class T, class N> auto becomes_float_(int) -> decltype(static_cast<float>(declval<T&>()), bool_constant<!decltype(becomes_small_<T, N>(0))::value>{});
template <class T, class N> false_type becomes_float_(...);

// half and bfloat hold 16 bits and compute in float. For one +, -, * or /
// rounding the float result is the same as rounding once.
#define ASSAY_SMALL(NAME, TO, FROM)                                                          \
  struct NAME {                                                                             \
    ushort bits_;                                                                           \
    NAME() = default;                                                                       \
    struct raw_ { ushort bits; };                                                           \
    constexpr NAME(raw_ r) : bits_(r.bits) {}                                               \
    template <class T, enable_if_t<is_arithmetic_v<T> && !is_small_<T>::value, int> = 0>    \
    constexpr NAME(T v) : bits_(FROM(static_cast<float>(v))) {}                             \
    template <class T, enable_if_t<is_small_<T>::value && !is_same_v<T, NAME>, int> = 0>    \
    explicit constexpr NAME(T v) : bits_(FROM(static_cast<float>(v))) {}                    \
    template <class T, enable_if_t<__is_class(T) && !is_small_<T>::value && decltype(becomes_float_<T, NAME>(0))::value, int> = 0> \
    explicit constexpr NAME(T v) : bits_(FROM(static_cast<float>(v))) {}                    \
    template <class T, enable_if_t<__is_class(T) && !is_small_<T>::value && decltype(becomes_float_<T, NAME>(0))::value, int> = 0> \
    NAME& operator=(T v) { return *this = NAME(v); }                                        \
    constexpr operator float() const { return TO(bits_); }                                  \
    template <class T, enable_if_t<is_integral_v<T> && !is_same_v<T, bool>, int> = 0>       \
    explicit constexpr operator T() const { return saturated_<T>(TO(bits_)); }              \
    constexpr NAME operator-() const { return raw_{static_cast<ushort>(bits_ ^ 0x8000)}; }  \
    constexpr NAME operator+() const { return *this; }                                      \
    NAME& operator++() { return *this = NAME(float(*this) + 1.0f); }                        \
    NAME& operator--() { return *this = NAME(float(*this) - 1.0f); }                        \
    NAME operator++(int) { NAME old = *this; ++*this; return old; }                         \
    NAME operator--(int) { NAME old = *this; --*this; return old; }                         \
  };                                                                                        \
  constexpr NAME NAME##_bits_(int bits) { return NAME(NAME::raw_{static_cast<ushort>(bits)}); }
ASSAY_SMALL(half, half_to_float_, float_to_half_)
ASSAY_SMALL(bfloat, bfloat_to_float_, float_to_bfloat_)
#undef ASSAY_SMALL

// An arm of ?: whose other arm is a float.
template <class T> inline __attribute__((always_inline)) constexpr T beside_float_(T v) { return v; }
inline __attribute__((always_inline)) constexpr float beside_float_(half v) { return v; }
inline __attribute__((always_inline)) constexpr float beside_float_(bfloat v) { return v; }

// The type of a sum: integers follow the small float type, float wins.
template <class A, class B> struct promote_ { typedef float type; };
template <class A> struct promote_<A, A> { typedef A type; };
template <class A, class B, bool S> struct promote_int_ { typedef A type; };
template <class A, class B> using promote_t_ = typename conditional_t<
    is_integral_v<B> && is_small_<A>::value, promote_int_<A, B, true>,
    conditional_t<is_integral_v<A> && is_small_<B>::value, promote_int_<B, A, true>, promote_<A, B>>>::type;
template <class... A> constexpr bool some_small_ = (is_arithmetic_v<A> && ...) && (is_small_<A>::value || ...);
template <class A, class B> constexpr bool small_pair_ = (is_small_<A>::value || is_small_<B>::value) && is_arithmetic_v<A> && is_arithmetic_v<B>;

// Both operands as floats, an integer after it has become the small type.
template <class A, class B, class V> constexpr float operand_(V v) { return static_cast<float>(static_cast<promote_t_<A, B>>(v)); }
#define ASSAY_OP(OP)                                                                        \
  template <class A, class B, enable_if_t<small_pair_<A, B>, int> = 0>                      \
  constexpr promote_t_<A, B> operator OP(A a, B b) {                                        \
    return promote_t_<A, B>(operand_<A, B>(a) OP operand_<A, B>(b)); }                      \
  template <class A, class B, enable_if_t<is_small_<A>::value && is_arithmetic_v<B>, int> = 0> \
  inline A& operator OP##=(A& a, B b) { return a = A(operand_<A, B>(a) OP operand_<A, B>(b)); }
ASSAY_OP(+) ASSAY_OP(-) ASSAY_OP(*) ASSAY_OP(/)
#undef ASSAY_OP
#define ASSAY_OP(OP)                                                                        \
  template <class A, class B, enable_if_t<small_pair_<A, B>, int> = 0>                      \
  constexpr bool operator OP(A a, B b) { return operand_<A, B>(a) OP operand_<A, B>(b); }
ASSAY_OP(==) ASSAY_OP(!=) ASSAY_OP(<) ASSAY_OP(>) ASSAY_OP(<=) ASSAY_OP(>=)
#undef ASSAY_OP

template <class... B> struct disjunction : bool_constant<(bool(B::value) || ...)> {};
template <class... B> struct conjunction : bool_constant<(bool(B::value) && ...)> {};
template <class B> struct negation : bool_constant<!bool(B::value)> {};
template <class... B> constexpr bool disjunction_v = disjunction<B...>::value;
template <class... B> constexpr bool conjunction_v = conjunction<B...>::value;
template <class B> constexpr bool negation_v = negation<B>::value;
template <class... B> using _disjunction = disjunction<B...>; // Apple's own names, which sources use
template <class... B> using _conjunction = conjunction<B...>;
template <class B> using _negation = negation<B>;

// Sources specialise Apple's _numeric_limits_impl for types of their own.
template <class T> struct _numeric_limits_impl;
template <class T> struct numeric_limits : _numeric_limits_impl<T> {};
#define ASSAY_LIMITS(T, MIN, MAX, DIGITS)                                                   \
  template <> struct numeric_limits<T> {                                                    \
    static constexpr bool is_specialized = true, is_integer = true, is_signed = T(-1) < T(0); \
    static constexpr int digits = DIGITS;                                                   \
    static constexpr T min() { return MIN; }                                                \
    static constexpr T max() { return MAX; }                                                \
    static constexpr T lowest() { return MIN; }                                             \
  };
ASSAY_LIMITS(bool, false, true, 1)
ASSAY_LIMITS(char, -128, 127, 7)
ASSAY_LIMITS(int8_t, -128, 127, 7)
ASSAY_LIMITS(uchar, 0, 255, 8)
ASSAY_LIMITS(short, -32768, 32767, 15)
ASSAY_LIMITS(ushort, 0, 65535, 16)
ASSAY_LIMITS(int, -2147483647 - 1, 2147483647, 31)
ASSAY_LIMITS(uint, 0, 4294967295u, 32)
ASSAY_LIMITS(long, -9223372036854775807L - 1, 9223372036854775807L, 63)
ASSAY_LIMITS(ulong, 0, 18446744073709551615UL, 64)
#undef ASSAY_LIMITS
#define ASSAY_LIMITS(T, MIN, MAX, LOWEST, EPS, INF, NANV, DIGITS)                           \
  template <> struct numeric_limits<T> {                                                    \
    static constexpr bool is_specialized = true, is_integer = false, is_signed = true;      \
    static constexpr int digits = DIGITS;                                                   \
    static constexpr T min() { return MIN; }                                                \
    static constexpr T max() { return MAX; }                                                \
    static constexpr T lowest() { return LOWEST; }                                          \
    static constexpr T epsilon() { return EPS; }                                            \
    static constexpr T infinity() { return INF; }                                           \
    static constexpr T quiet_NaN() { return NANV; }                                         \
    static constexpr T signaling_NaN() { return NANV; }                                     \
  };
ASSAY_LIMITS(float, 1.175494351e-38f, 3.402823466e+38f, -3.402823466e+38f, 1.192092896e-07f, bits_as_const_(0x7f800000u), bits_as_const_(0x7fc00000u), 24)
ASSAY_LIMITS(half, half_bits_(0x0400), half_bits_(0x7bff), half_bits_(0xfbff), half_bits_(0x1400), half_bits_(0x7c00), half_bits_(0x7e00), 11)
ASSAY_LIMITS(bfloat, bfloat_bits_(0x0080), bfloat_bits_(0x7f7f), bfloat_bits_(0xff7f), bfloat_bits_(0x3c00), bfloat_bits_(0x7f80), bfloat_bits_(0x7fc0), 8)
#undef ASSAY_LIMITS
