// Package quant is MLX's affine quantization: what the codes, scales and
// biases of a weight matrix mean, how they are made from numbers, at random
// from a seed, or read from an MLX checkpoint.
//
// A matrix W[N,K] is cut along K into groups; each weight is a code q of a few bits
// and stands for q·scale + bias of its group. A row's codes are one little-endian bit
// stream, lowest bits first, read as uint32 words.
package quant

import (
	"fmt"
	"math"
	"slices"

	"github.com/assay-bench/assay/metal/dtype"
)

// Format is how weights are stored.
type Format struct {
	Bits  int         // of one code: 2, 3, 4, 5, 6 or 8
	Group int         // weights that share one scale and bias: 32, 64 or 128
	DType dtype.DType // of scales and biases
}

// Formats lists all that there are, number format by number format.
func Formats() []Format {
	var list []Format
	for _, dt := range dtype.All() {
		for _, bits := range AllBits() {
			for _, group := range AllGroups() {
				list = append(list, Format{Bits: bits, Group: group, DType: dt})
			}
		}
	}
	return list
}

// AllBits lists the code widths that MLX supports.
func AllBits() []int { return []int{2, 3, 4, 5, 6, 8} }

// AllGroups lists the group sizes that MLX supports.
func AllGroups() []int { return []int{32, 64, 128} }

// Check reports a format that MLX does not have, or one that rows of k weights
// cannot be stored in.
func (f Format) Check(k int) error {
	switch {
	case !slices.Contains(AllBits(), f.Bits):
		return fmt.Errorf("quantized weights: %d bits are not supported, want one of %v", f.Bits, AllBits())
	case !slices.Contains(AllGroups(), f.Group):
		return fmt.Errorf("quantized weights: group size %d is not supported, want one of %v", f.Group, AllGroups())
	case f.DType > dtype.BF16:
		return fmt.Errorf("quantized weights: unknown %s for scales", f.DType)
	case k <= 0 || k%f.Group != 0:
		return fmt.Errorf("quantized weights: rows of %d weights do not divide into groups of %d", k, f.Group)
	}
	return nil
}

// String is the suffix of kernel names: bf16_b4_g64.
func (f Format) String() string { return fmt.Sprintf("%s_b%d_g%d", f.DType, f.Bits, f.Group) }

// Tensor is a stack of quantized matrices W[Experts,N,K], all little-endian:
// Packed [Experts,N,K·Bits/32] uint32, Scales and Biases [Experts,N,K/Group] of DType.
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
