package quant

import (
	"encoding/binary"
	"fmt"
)

// Eight codes of any supported width fill a whole number of bytes, so both
// directions work in steps of eight codes held in one 64-bit word.

// Pack writes codes as a little-endian bit stream, lowest bits first. The
// number of codes must be a multiple of 8 and dst hold len(codes)·bits/8 bytes.
func Pack(dst []byte, codes []uint8, bits int) error {
	if err := checkCodec(len(dst), len(codes), bits); err != nil {
		return fmt.Errorf("pack: %w", err)
	}
	limit := uint(1) << bits
	for i := 0; i < len(codes); i += 8 {
		var word uint64
		for j, c := range codes[i : i+8] {
			if uint(c) >= limit {
				return fmt.Errorf("pack: code %d at %d does not fit %d bits", c, i+j, bits)
			}
			word |= uint64(c) << (j * bits)
		}
		for j := range bits {
			dst[i/8*bits+j] = byte(word >> (8 * j))
		}
	}
	return nil
}

// Unpack is the inverse of Pack.
func Unpack(codes []uint8, packed []byte, bits int) error {
	if err := checkCodec(len(packed), len(codes), bits); err != nil {
		return fmt.Errorf("unpack: %w", err)
	}
	mask := uint64(1)<<bits - 1
	for i := 0; i < len(codes); i += 8 {
		word := load(packed[i/8*bits:], bits)
		for j := range 8 {
			codes[i+j] = uint8(word & mask)
			word >>= bits
		}
	}
	return nil
}

// load reads n bytes, at most 8, little-endian.
func load(b []byte, n int) uint64 {
	if len(b) >= 8 {
		return binary.LittleEndian.Uint64(b) & (1<<(8*n) - 1) // a shift by 64 gives 0, so all ones
	}
	var word uint64
	for j := range n {
		word |= uint64(b[j]) << (8 * j)
	}
	return word
}

func checkCodec(bytes, codes, bits int) error {
	switch {
	case bits < 1 || bits > 8:
		return fmt.Errorf("%d bits, want 1 to 8", bits)
	case codes%8 != 0:
		return fmt.Errorf("%d codes are not a multiple of 8", codes)
	case bytes < codes/8*bits:
		return fmt.Errorf("%d codes of %d bits need %d bytes, have %d", codes, bits, codes/8*bits, bytes)
	}
	return nil
}
