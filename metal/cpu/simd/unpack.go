package simd

import "unsafe"

// Codes unpacks len(dst) consecutive codes of the given bits, starting at a
// byte boundary, as float32. The stream is little-endian, lowest bits first.
func Codes(dst []float32, src unsafe.Pointer, bits int) {
	n := len(dst)
	b := unsafe.Slice((*byte)(src), (n*bits+7)/8)
	switch bits {
	case 8:
		for i, v := range b {
			dst[i] = float32(v)
		}
	case 4:
		for i := 0; i+1 < n; i += 2 {
			v := b[i>>1]
			dst[i], dst[i+1] = float32(v&15), float32(v>>4)
		}
	case 2:
		for i := 0; i+3 < n; i += 4 {
			v := b[i>>2]
			dst[i], dst[i+1], dst[i+2], dst[i+3] = float32(v&3), float32(v>>2&3), float32(v>>4&3), float32(v>>6)
		}
	default: // 3, 5, 6: eight codes in bits bytes
		mask := uint64(1)<<bits - 1
		for i := 0; i+7 < n; i += 8 {
			var v uint64
			for j, c := range b[i/8*bits : i/8*bits+bits] {
				v |= uint64(c) << (8 * j)
			}
			d := dst[i : i+8]
			for j := range d {
				d[j] = float32(v & mask)
				v >>= bits
			}
		}
	}
}
