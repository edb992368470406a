package dtype

import (
	"encoding/binary"
	"fmt"
	"math"
)

// F16ToF32 widens an IEEE 754 binary16 pattern, exactly.
func F16ToF32(h uint16) float32 {
	const (
		expMask = 0x7c00 << 13         // binary16's exponent, moved to binary32's place
		rebias  = (127 - 15) << 23     // difference of the two exponent biases
		tiny    = (127 - 15 + 1) << 23 // smallest normal binary16 as binary32
	)
	sign := uint32(h&0x8000) << 16
	bits := uint32(h&0x7fff) << 13
	exp := bits & expMask
	bits += rebias
	switch exp {
	case expMask: // Inf, NaN
		bits += (128 - 16) << 23
	case 0: // zero, subnormal: let the subtraction normalise it
		bits += 1 << 23
		bits = math.Float32bits(math.Float32frombits(bits) - math.Float32frombits(tiny))
	}
	return math.Float32frombits(bits | sign)
}

// F32ToF16 narrows to binary16, rounding half to even. Too large values
// become Inf; NaN stays NaN with its sign and the payload bits that fit.
func F32ToF16(f float32) uint16 {
	const (
		inf       = 255 << 23
		overflow  = (127 + 16) << 23 // 65536
		minNormal = (127 - 14) << 23 // 2^-14
		// Adding this number leaves a subnormal's bits, rounded, in the low mantissa.
		denormMagic = ((127 - 15) + (23 - 10) + 1) << 23
	)
	b := math.Float32bits(f)
	sign := uint16(b>>16) & 0x8000
	b &= 0x7fffffff
	switch {
	case b > inf:
		return sign | 0x7e00 | uint16(b>>13)&0x3ff
	case b >= overflow:
		return sign | 0x7c00
	case b < minNormal:
		v := math.Float32frombits(b) + math.Float32frombits(denormMagic)
		return sign | uint16(math.Float32bits(v)-denormMagic)
	}
	odd := b >> 13 & 1
	b += (15-127)<<23&0xffffffff + 0xfff + odd // a carry out of the mantissa may reach Inf, rightly
	return sign | uint16(b>>13)
}

// BF16ToF32 widens a bfloat16 pattern, exactly.
func BF16ToF32(h uint16) float32 { return math.Float32frombits(uint32(h) << 16) }

// F32ToBF16 narrows to bfloat16, rounding half to even. NaN stays NaN.
func F32ToBF16(f float32) uint16 {
	b := math.Float32bits(f)
	if b&0x7fffffff > 0x7f800000 {
		return uint16(b>>16) | 0x40
	}
	return uint16((b + 0x7fff + b>>16&1) >> 16)
}

// Round returns f as the format would store it.
func (d DType) Round(f float32) float32 {
	switch d {
	case F16:
		return F16ToF32(F32ToF16(f))
	case BF16:
		return BF16ToF32(F32ToBF16(f))
	}
	return f
}

// At reads element i of src, little-endian.
func (d DType) At(src []byte, i int) float32 {
	switch d {
	case F16:
		return F16ToF32(binary.LittleEndian.Uint16(src[2*i:]))
	case BF16:
		return BF16ToF32(binary.LittleEndian.Uint16(src[2*i:]))
	}
	return math.Float32frombits(binary.LittleEndian.Uint32(src[4*i:]))
}

// Put writes f, rounded, as element i of dst, little-endian.
func (d DType) Put(dst []byte, i int, f float32) {
	switch d {
	case F16:
		binary.LittleEndian.PutUint16(dst[2*i:], F32ToF16(f))
	case BF16:
		binary.LittleEndian.PutUint16(dst[2*i:], F32ToBF16(f))
	default:
		binary.LittleEndian.PutUint32(dst[4*i:], math.Float32bits(f))
	}
}

// Decode widens len(dst) little-endian elements of src into dst. It fails when
// src is shorter than that.
func (d DType) Decode(dst []float32, src []byte) error {
	if need := len(dst) * d.Size(); len(src) < need {
		return fmt.Errorf("decode %d %s values: need %d bytes, have %d", len(dst), d, need, len(src))
	}
	switch d {
	case F16:
		src = src[:2*len(dst)]
		for i := range dst {
			dst[i] = F16ToF32(binary.LittleEndian.Uint16(src[2*i:]))
		}
	case BF16:
		src = src[:2*len(dst)]
		for i := range dst {
			dst[i] = BF16ToF32(binary.LittleEndian.Uint16(src[2*i:]))
		}
	default:
		src = src[:4*len(dst)]
		for i := range dst {
			dst[i] = math.Float32frombits(binary.LittleEndian.Uint32(src[4*i:]))
		}
	}
	return nil
}

// Encode narrows src into dst as little-endian elements. It fails when dst is
// too short.
func (d DType) Encode(dst []byte, src []float32) error {
	if need := len(src) * d.Size(); len(dst) < need {
		return fmt.Errorf("encode %d %s values: need %d bytes, have %d", len(src), d, need, len(dst))
	}
	switch d {
	case F16:
		for i, f := range src {
			binary.LittleEndian.PutUint16(dst[2*i:], F32ToF16(f))
		}
	case BF16:
		for i, f := range src {
			binary.LittleEndian.PutUint16(dst[2*i:], F32ToBF16(f))
		}
	default:
		for i, f := range src {
			binary.LittleEndian.PutUint32(dst[4*i:], math.Float32bits(f))
		}
	}
	return nil
}

// Bytes is Encode into a new slice.
func (d DType) Bytes(src []float32) []byte {
	out := make([]byte, len(src)*d.Size())
	_ = d.Encode(out, src) // cannot be too short
	return out
}

// Floats is Decode of a whole slice, whose length must be a multiple of Size.
func (d DType) Floats(src []byte) ([]float32, error) {
	if len(src)%d.Size() != 0 {
		return nil, fmt.Errorf("decode %s: %d bytes are not a whole number of elements", d, len(src))
	}
	out := make([]float32, len(src)/d.Size())
	return out, d.Decode(out, src)
}
