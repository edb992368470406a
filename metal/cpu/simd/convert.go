package simd

import (
	"unsafe"

	"github.com/assay-bench/assay/metal/dtype"
)

// Load widens len(dst) elements of format t at src to float32, exactly.
func Load(dst []float32, src unsafe.Pointer, t dtype.DType) {
	switch {
	case len(dst) == 0:
	case t == dtype.F32:
		copy(dst, unsafe.Slice((*float32)(src), len(dst)))
	case t == dtype.F16:
		loadF16(dst, unsafe.Slice((*uint16)(src), len(dst)))
	default:
		loadBF16(dst, unsafe.Slice((*uint16)(src), len(dst)))
	}
}

// Store narrows src to format t at dst, round to nearest even.
func Store(dst unsafe.Pointer, src []float32, t dtype.DType) {
	switch {
	case len(src) == 0:
	case t == dtype.F32:
		copy(unsafe.Slice((*float32)(dst), len(src)), src)
	case t == dtype.F16:
		storeF16(unsafe.Slice((*uint16)(dst), len(src)), src)
	default:
		storeBF16(unsafe.Slice((*uint16)(dst), len(src)), src)
	}
}

// Round rounds x in place to what format t can hold.
func Round(x []float32, t dtype.DType) {
	switch t {
	case dtype.F16:
		for i, v := range x {
			x[i] = dtype.F16ToF32(dtype.F32ToF16(v))
		}
	case dtype.BF16:
		for i, v := range x {
			x[i] = dtype.BF16ToF32(dtype.F32ToBF16(v))
		}
	}
}

// Load1 widens the element at index i of an array of format t.
func Load1(src unsafe.Pointer, i int, t dtype.DType) float32 {
	switch t {
	case dtype.F32:
		return *(*float32)(unsafe.Add(src, 4*i))
	case dtype.F16:
		return dtype.F16ToF32(*(*uint16)(unsafe.Add(src, 2*i)))
	}
	return dtype.BF16ToF32(*(*uint16)(unsafe.Add(src, 2*i)))
}

func loadF16Go(dst []float32, src []uint16) {
	for i, h := range src {
		dst[i] = dtype.F16ToF32(h)
	}
}

func loadBF16Go(dst []float32, src []uint16) {
	for i, h := range src {
		dst[i] = dtype.BF16ToF32(h)
	}
}

func storeF16Go(dst []uint16, src []float32) {
	for i, f := range src {
		dst[i] = dtype.F32ToF16(f)
	}
}

func storeBF16Go(dst []uint16, src []float32) {
	for i, f := range src {
		dst[i] = dtype.F32ToBF16(f)
	}
}
