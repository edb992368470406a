typedef unsigned short ushort;
typedef unsigned int uint;
constexpr float bits_as_const_(uint bits) { return __builtin_bit_cast(float, bits); }
