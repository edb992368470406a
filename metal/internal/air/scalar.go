package air

// scalar is a type that values of air.* functions have.
type scalar struct {
	suffix string // how names of functions end: "f32", "s.i8"
	ir     string // in LLVM text
	metal  string // in the prelude
}

var (
	void   = scalar{"", "void", "void"}
	truth  = scalar{"i1", "i1", "bool"}
	char   = scalar{"s.i8", "i8", "char"}
	uchar  = scalar{"u.i8", "i8", "uchar"}
	short  = scalar{"s.i16", "i16", "short"}
	ushort = scalar{"u.i16", "i16", "ushort"}
	word   = scalar{"s.i32", "i32", "int"}
	uword  = scalar{"u.i32", "i32", "uint"}
	long   = scalar{"s.i64", "i64", "long"}
	ulong  = scalar{"u.i64", "i64", "ulong"}
	half   = scalar{"f16", "half", "half"}
	bfloat = scalar{"bf16", "bfloat", "bfloat"}
	float  = scalar{"f32", "float", "float"}
	ptr    = scalar{"", "ptr", "void*"}

	floats   = []scalar{half, float}
	integers = []scalar{char, uchar, short, ushort, word, uword, long, ulong}
	numbers  = append(append([]scalar{}, floats...), integers...)
)

// carrier is the type in which a value crosses between LLVM text and C++. Small
// types cross as 32 bits, since compilers differ in who extends them.
func (s scalar) carrier() string {
	switch s.ir {
	case "void", "float", "i64", "ptr":
		return s.ir
	}
	if _, ok := s.matrix(); ok {
		return "i64"
	}
	return "i32"
}

// matrixOf is a simdgroup matrix of 8 by 8 elements. LLVM text has it as 64 of
// them, of which the first two are the lane's own.
func matrixOf(element scalar) scalar {
	return scalar{"v64" + element.suffix, "<64 x " + element.ir + ">", element.metal + "8x8"}
}

// matrix is the element type of a matrix.
func (s scalar) matrix() (element scalar, ok bool) {
	for _, e := range []scalar{half, bfloat, float} {
		if s == matrixOf(e) {
			return e, true
		}
	}
	return scalar{}, false
}
