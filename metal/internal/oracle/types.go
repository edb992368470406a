package main

import (
	"fmt"
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
var dtypes = func() map[string]dtype {
	all := map[string]dtype{"float2": {"float2", "float2", complex64, 8}}
	add := func(name, metal string, kind kind, size int) {
		t := dtype{name, metal, kind, size}
		all[name], all[metal] = t, t
	}
	add("bool_", "bool", boolean, 1)
	for size := 1; size <= 8; size *= 2 {
		for kind, name := range map[kind]string{unsigned: "uint", signed: "int"} {
			name = fmt.Sprint(name, 8*size)
			add(name, name+"_t", kind, size)
		}
	}
	add("float16", "half", half, 2)
	add("bfloat16", "bfloat16_t", bfloat, 2)
	add("float32", "float", single, 4)
	add("complex64", "complex64_t", complex64, 8)
	all["float16_t"] = all["float16"]
	return all
}()

// masks returns the type of a mask's elements and its name in Metal. MLX's headers have
// a type of their own for no mask.
func masks(name string) (t dtype, metal string) {
	if name == "nomask" {
		return dtypes["bool_"], "nomask_t"
	}
	t = dtypes[name]
	return t, t.metal
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
