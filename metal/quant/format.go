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
	if err := f.check(); err != nil {
		return err
	}
	switch {
	case f.DType > dtype.BF16:
		return fmt.Errorf("quantized weights: unknown %s for scales", f.DType)
	case k <= 0 || k%f.Group != 0:
		return fmt.Errorf("quantized weights: rows of %d weights do not divide into groups of %d", k, f.Group)
	case k%Step != 0:
		return fmt.Errorf("quantized weights: rows of %d weights are not a multiple of %d, which kernels read at a time", k, Step)
	}
	return nil
}

// check is about mode, bits and group alone.
func (f Format) check() error {
	switch {
	case int(f.Mode) >= len(modes):
		return fmt.Errorf("quantized weights: unknown %s", f.Mode)
	case !slices.Contains(f.Mode.Bits(), f.Bits):
		return fmt.Errorf("quantized weights: %d bits are not supported in mode %s, want one of %v", f.Bits, f.Mode, f.Mode.Bits())
	case !slices.Contains(f.Mode.Groups(), f.Group):
		return fmt.Errorf("quantized weights: group size %d is not supported in mode %s, want one of %v", f.Group, f.Mode, f.Mode.Groups())
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
