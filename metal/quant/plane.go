package quant

// Plane is one of the arrays that weights are stored in, a row for each row of
// the matrix. Kernels take them in this order, one argument each.
type Plane uint8

// The planes.
const (
	Codes  Plane = iota // Bits wide, read as uint32 words
	Scales              // one a group: of DType in mode affine, else a byte
	Biases              // one a group, of DType; in mode affine
)

// String is the plane's name in messages.
func (p Plane) String() string { return [...]string{"codes", "scales", "biases"}[p] }

// stored is how the tensor of a plane is called in checkpoints.
func (p Plane) stored() string {
	if p == Codes {
		return "weight"
	}
	return p.String()
}

var planes = []Plane{Codes, Scales, Biases}

// Planes lists what the format stores, in binding order. The list is shared.
func (f Format) Planes() []Plane {
	if f.Mode == Affine {
		return planes
	}
	return planes[:Biases]
}

// ElementBytes is the size of one element of a plane.
func (f Format) ElementBytes(p Plane) int {
	switch {
	case p == Codes:
		return 4
	case f.Mode == Affine:
		return f.DType.Size()
	}
	return 1
}

// Alignment is what kernels need of a plane's offset.
func (f Format) Alignment(p Plane) int {
	if p == Codes {
		return Step / 8 * f.Bits
	}
	return f.ElementBytes(p)
}

// PlaneBytes of one row of k weights.
func (f Format) PlaneBytes(p Plane, k int) int {
	if p == Codes {
		return k * f.Bits / 8
	}
	return k / f.Group * f.ElementBytes(p)
}

// RowBytes is everything that is read to use k weights.
func (f Format) RowBytes(k int) (n int) {
	for _, p := range f.Planes() {
		n += f.PlaneBytes(p, k)
	}
	return n
}
