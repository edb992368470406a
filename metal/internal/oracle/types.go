package main

import (
	"strings"
)

// kind is what the bits of an element are.
type kind int

const (
	boolean kind = iota
	unsigned
	signed
	half
	bfloat
	single
	complex64 // a pair of singles
)

// dtype is an element type: its name in MLX's kernel names, its name in Metal,
// its size in bytes.
type dtype struct {
	name, metal string
	kind        kind
	size        int
}

// dtypes by name. Some of MLX's kernel names have MLX's own names of types, others
// those of Metal.
var dtypes = map[string]dtype{}

func init() {
	for _, t := range []dtype{
		{"bool_", "bool", boolean, 1},
		{"uint8", "uint8_t", unsigned, 1},
		{"uint16", "uint16_t", unsigned, 2},
		{"uint32", "uint32_t", unsigned, 4},
		{"uint64", "uint64_t", unsigned, 8},
		{"int8", "int8_t", signed, 1},
		{"int16", "int16_t", signed, 2},
		{"int32", "int32_t", signed, 4},
		{"int64", "int64_t", signed, 8},
		{"float16", "half", half, 2},
		{"bfloat16", "bfloat16_t", bfloat, 2},
		{"float32", "float", single, 4},
		{"complex64", "complex64_t", complex64, 8},
	} {
		dtypes[t.name], dtypes[t.metal] = t, t
	}
	dtypes["float16_t"] = dtypes["float16"]
	dtypes["float2"] = dtype{"float2", "float2", complex64, 8}
}

// anyType matches MLX's own names of types in a kernel's name, and metalType the
// names of Metal that its quantized and attention kernels have.
const (
	anyType   = `(bool_|uint8|uint16|uint32|uint64|int8|int16|int32|int64|float16|float32|bfloat16|complex64)`
	floatType = `(float16|float32|bfloat16|complex64)`
	metalType = `(float|float16_t|bfloat16_t)`
)

// floating reports whether the elements are floating-point numbers, or pairs of them.
func (t dtype) floating() bool { return t.kind >= half }

// lane is one number of the element: the pair of a complex number has two.
func (t dtype) lane() dtype {
	if t.kind == complex64 {
		return dtypes["float32"]
	}
	return t
}

// perThread is MLX's WorkPerThread: elements that a thread takes where the name
// does not say otherwise.
func (t dtype) perThread() int { return 8 / t.size }

func (t dtype) String() string { return strings.TrimSuffix(t.name, "_") }
