// Package quant is MLX's quantization: what the codes, scales and biases of a
// weight matrix mean, how they are made from numbers, at random from a seed, or
// read from an MLX checkpoint. A format of weights is declared once, in mode.go;
// its decoding, its kernels and its twins on processors follow from there.
//
// A matrix W[N,K] is cut along K into groups; each weight is a code q of a few bits.
// In mode affine q is an integer and stands for q·scale + bias of its group, in the
// others it is a small float and stands for q·scale. A row's codes are one
// little-endian bit stream, lowest bits first, read as uint32 words.
package quant

import (
	"fmt"
	"math"
	"slices"

	"github.com/assay-bench/assay/metal/dtype"
)

// Format is how weights are stored.
type Format struct {
	Mode  Mode
	Bits  int         // of one code
	Group int         // weights that share one scale, and bias where there is one
	DType dtype.DType // of activations, and of affine scales and biases
}

// Formats lists all that there are, number format by number format.
func Formats() []Format {
	var list []Format
	for _, dt := range dtype.All() {
		for _, mode := range Modes() {
			for _, bits := range mode.Bits() {
				for _, group := range mode.Groups() {
					list = append(list, Format{Mode: mode, Bits: bits, Group: group, DType: dt})
				}
			}
		}
	}
	return list
}

// Step is what rows of weights are a multiple of: kernels read 32 codes at a time.
const Step = 32

// Check reports a format that MLX does not have, or one that rows of k weights
// cannot be stored in.
func (f Format) Check(k int) error {
	switch {
	case int(f.Mode) >= len(modes):
		return fmt.Errorf("quantized weights: unknown %s", f.Mode)
	case !slices.Contains(f.Mode.Bits(), f.Bits):
		return fmt.Errorf("quantized weights: %d bits are not supported in mode %s, want one of %v", f.Bits, f.Mode, f.Mode.Bits())
	case !slices.Contains(f.Mode.Groups(), f.Group):
		return fmt.Errorf("quantized weights: group size %d is not supported in mode %s, want one of %v", f.Group, f.Mode, f.Mode.Groups())
	case f.DType > dtype.BF16:
		return fmt.Errorf("quantized weights: unknown %s for scales", f.DType)
	case k <= 0 || k%f.Group != 0:
		return fmt.Errorf("quantized weights: rows of %d weights do not divide into groups of %d", k, f.Group)
	case k%Step != 0:
		return fmt.Errorf("quantized weights: rows of %d weights are not a multiple of %d, which kernels read at a time", k, Step)
	}
	return nil
}

// String is the suffix of kernel names: bf16_b4_g64, or bf16_mxfp4 of a mode that
// says bits and group.
func (f Format) String() string {
	if f.Mode != Affine {
		return fmt.Sprintf("%s_%s", f.DType, f.Mode)
	}
	return fmt.Sprintf("%s_b%d_g%d", f.DType, f.Bits, f.Group)
}

// Minifloats are what codes and scales are; nil: integers, with scales and biases
// of DType.
func (f Format) Minifloats() (code, scale *Minifloat) { return f.Mode.Minifloats() }

// Value is what a code stands for before it is scaled.
func (f Format) Value(code uint8) float32 {
	if m, _ := f.Minifloats(); m != nil {
		return m.Value(code)
	}
	return float32(code)
}

// Tensor is a stack of quantized matrices W[Experts,N,K], all little-endian:
// Packed [Experts,N,K·Bits/32] uint32, Scales and Biases [Experts,N,K/Group], of
// DType in mode affine; else scales are bytes and there are no biases.
type Tensor struct {
	Format
	Experts, N, K          int
	Packed, Scales, Biases []byte
}

// Plane is one of the tensor's planes.
func (t *Tensor) Plane(p Plane) *[]byte {
	return [...]*[]byte{&t.Packed, &t.Scales, &t.Biases}[p]
}

// New returns a zeroed tensor.
func New(f Format, experts, n, k int) (*Tensor, error) {
	if err := checkShape(f, experts, n, k); err != nil {
		return nil, err
	}
	t := &Tensor{Format: f, Experts: experts, N: n, K: k}
	for _, p := range f.Planes() {
		*t.Plane(p) = make([]byte, experts*n*f.PlaneBytes(p, k))
	}
	return t, nil
}

func checkShape(f Format, experts, n, k int) error {
	if err := f.Check(k); err != nil {
		return err
	}
	const most = math.MaxInt32
	if experts <= 0 || n <= 0 || experts > most || n > most || k > most ||
		experts > math.MaxInt/2/n/f.RowBytes(k) {
		return fmt.Errorf("quantized weights: shape [%d,%d,%d] is empty or too large", experts, n, k)
	}
	return nil
}

// Check reports a tensor whose parts do not have the lengths its shape asks for.
func (t *Tensor) Check() error {
	if err := checkShape(t.Format, t.Experts, t.N, t.K); err != nil {
		return err
	}
	for _, p := range t.Planes() {
		if have, want := len(*t.Plane(p)), t.Experts*t.N*t.PlaneBytes(p, t.K); have != want {
			return fmt.Errorf("quantized weights [%d,%d,%d] %s: %s are %d bytes, want %d", t.Experts, t.N, t.K, t.Format, p, have, want)
		}
	}
	return nil
}

// Bytes of the whole tensor.
func (t *Tensor) Bytes() (n int) {
	for _, p := range t.Planes() {
		n += len(*t.Plane(p))
	}
	return n
}

// Expert is matrix e of the stack, sharing its memory.
func (t *Tensor) Expert(e int) *Tensor { return t.Slice(e, 1) }

// Slice is n matrices of the stack from matrix e on, sharing its memory.
func (t *Tensor) Slice(e, n int) *Tensor {
	x := *t
	x.Experts = n
	for _, p := range t.Planes() {
		one := t.N * t.PlaneBytes(p, t.K)
		*x.Plane(p) = (*t.Plane(p))[e*one : (e+n)*one : (e+n)*one]
	}
	return &x
}

// Scale is that of group g, counted over all rows.
func (t *Tensor) Scale(g int) float32 {
	if _, m := t.Minifloats(); m != nil {
		return m.Value(t.Scales[g])
	}
	return t.DType.At(t.Scales, g)
}

// Bias is that of group g, 0 where the format has none.
func (t *Tensor) Bias(g int) float32 {
	if len(t.Biases) == 0 {
		return 0
	}
	return t.DType.At(t.Biases, g)
}
