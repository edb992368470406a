package main

import (
	"encoding/binary"
	"hash/fnv"
	"math"
	"math/rand/v2"

	convert "github.com/assay-bench/assay/metal/dtype"
)

// specials are bit patterns of a type that kernels treat in ways of their own.
func specials(t dtype) []uint64 {
	bits := uint(t.size) * 8
	switch t.kind {
	case boolean:
		return []uint64{0, 1}
	case unsigned, signed:
		top := uint64(1) << (bits - 1)
		return []uint64{
			0, 1, 2, 3, 5, 7, 10, 31, 32, 33, 63, 64, 100, top - 1, top, top + 1, // 2^(n-1) is the least signed number
			^uint64(0), ^uint64(1), ^uint64(2), ^uint64(6), ^uint64(99),
		}
	case half:
		return []uint64{
			0, 0x8000, 1, 0x8001, 0x3ff, 0x400, 0x8400, // zeros, subnormal and least normal numbers
			0x3c00, 0xbc00, 0x3800, 0x4000, 0xc000, 0x4248, 0x3555, 0xb555, 0x3bff, // 1 and numbers near it
			0x5bf8, 0x5c00, 0x57ff, 0xd800, 0x77ff, 0x7bff, 0xfbff, 0x4900, 0xc980, 0x498d, // 255, 256, 127.9, -128, large, 10 to 11.1
			0x7c00, 0xfc00, 0x7e00, 0xfe00, 0x7c01, 0xfdff,
		}
	case bfloat:
		var out []uint64
		for _, b := range specials(dtypes["float32"]) {
			out = append(out, b>>16)
		}
		return out
	}
	return []uint64{
		0, 0x80000000, 1, 0x80000001, 0x7fffff, 0x400000, 0x800000, 0x80800000,
		f32(1), f32(-1), f32(0.5), f32(2), f32(-2), f32(math.Pi), f32(1. / 3), f32(-1. / 3), 0x3f7fffff, f32(-0.99),
		f32(255), f32(256), f32(-128.5), f32(65504), f32(65536), f32(2147483648), f32(-2147483904), f32(4294967296), f32(1e19),
		f32(88.8), f32(-87.5), f32(104), 0x7f7fffff, 0xff7fffff,
		0x7f800000, 0xff800000, 0x7fc00000, 0xffc00000, 0x7f810000,
	}
}

func f32(x float64) uint64 { return uint64(math.Float32bits(float32(x))) }

// generator is deterministic: the same for a name on every machine.
func generator(name string) *rand.Rand {
	h := fnv.New64a()
	h.Write([]byte(name))
	return rand.New(rand.NewPCG(h.Sum64(), 1))
}

// put writes the low bytes of bits as element i.
func put(data []byte, size, i int, bits uint64) {
	var b [8]byte
	binary.LittleEndian.PutUint64(b[:], bits)
	copy(data[i*size:(i+1)*size], b[:])
}

// get reads element i.
func get(data []byte, size, i int) uint64 {
	var b [8]byte
	copy(b[:], data[i*size:(i+1)*size])
	return binary.LittleEndian.Uint64(b[:])
}

// number is a moderate value of a type: floats in (-2, 2) with all bits of their
// mantissas in use, integers of one digit or two.
func number(t dtype, r *rand.Rand) uint64 {
	switch t.kind {
	case boolean:
		return uint64(r.IntN(2))
	case unsigned:
		return uint64(r.IntN(100))
	case signed:
		return uint64(int64(r.IntN(200) - 100))
	}
	return fromFloat(t, 4*r.Float64()-2)
}

// moderate are n moderate values.
func moderate(t dtype, n int, name string) []byte {
	data, r, lane := make([]byte, n*t.size), generator(name), t.lane()
	for i := range n * t.size / lane.size {
		put(data, lane.size, i, number(lane, r))
	}
	return data
}

// arbitrary are n elements of random bits.
func arbitrary(t dtype, n int, name string) []byte {
	if t.kind == boolean {
		return moderate(t, n, name)
	}
	data, r := make([]byte, n*t.size), generator(name)
	for i := range data {
		data[i] = byte(r.Uint32())
	}
	return data
}

// every are n elements: the special ones, then moderate and arbitrary ones in turn.
// In a second operand each special value lasts while the first operand's pass by.
func every(t dtype, n int, name string, second bool) []byte {
	lane := t.lane()
	s, r := specials(lane), generator(name)
	data := make([]byte, n*t.size)
	bits := arbitrary(lane, n*t.size/lane.size, name)
	for i := range n * t.size / lane.size {
		j := i
		if second {
			j = i / len(s)
		}
		switch {
		case second && j < len(s):
			put(data, lane.size, i, s[j])
		case !second && i < len(s)*len(s):
			put(data, lane.size, i, s[i%len(s)])
		case i%3 == 0:
			copy(data[i*lane.size:(i+1)*lane.size], bits[i*lane.size:])
		default:
			put(data, lane.size, i, number(lane, r))
		}
	}
	return data
}

// fromFloat rounds a number to a floating-point type.
func fromFloat(t dtype, x float64) uint64 {
	switch f := float32(x); t.kind {
	case half:
		return uint64(convert.F32ToF16(f))
	case bfloat:
		return uint64(convert.F32ToBF16(f))
	default:
		return uint64(math.Float32bits(f))
	}
}

// toFloat is the value of a floating-point element.
func toFloat(t dtype, bits uint64) float64 {
	switch t.kind {
	case half:
		return float64(convert.F16ToF32(uint16(bits)))
	case bfloat:
		return float64(convert.BF16ToF32(uint16(bits)))
	}
	return float64(math.Float32frombits(uint32(bits)))
}
