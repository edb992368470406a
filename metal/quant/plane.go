package quant

// Plane is one of the arrays that weights are stored in, a row for each row of
// the matrix. Kernels take them in this order, one argument each.
type Plane uint8

// The planes of affine quantization.
const (
	Codes  Plane = iota // Bits wide, read as uint32 words
	Scales              // one a group, of DType
	Biases              // likewise
)

// String is the plane's name in messages.
func (p Plane) String() string { return [...]string{"codes", "scales", "biases"}[p] }

var affine = []Plane{Codes, Scales, Biases}

// Planes lists what the format stores, in binding order. The list is shared.
func (f Format) Planes() []Plane { return affine }

// ElementBytes is the size of one element of a plane.
func (f Format) ElementBytes(p Plane) int {
	if p == Codes {
		return 4
	}
	return f.DType.Size()
}

// Alignment is what kernels need of a plane's offset: codes are read 32 at a time.
func (f Format) Alignment(p Plane) int {
	if p == Codes {
		return 4 * f.Bits
	}
	return f.DType.Size()
}

// PlaneBytes of one row of k weights.
func (f Format) PlaneBytes(p Plane, k int) int {
	if p == Codes {
		return k * f.Bits / 8
	}
	return k / f.Group * f.DType.Size()
}

// RowBytes is everything that is read to use k weights.
func (f Format) RowBytes(k int) (n int) {
	for _, p := range f.Planes() {
		n += f.PlaneBytes(p, k)
	}
	return n
}
