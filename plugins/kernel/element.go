package main

import (
	"encoding/binary"
	"math"
	"strings"

	"github.com/nlpodyssey/safetensors"

	"github.com/assay-bench/assay/metal/dtype"
)

// class is what an element's bits mean.
type class int

const (
	floating class = iota
	signed
	unsigned
	boolean
)

// element is the type of a buffer's elements and of scalar arguments.
type element struct {
	name  string // in configurations
	size  int
	class class
	float dtype.DType // of floating
	store safetensors.DType
}

var elements = []*element{
	{"float32", 4, floating, dtype.F32, safetensors.F32},
	{"float16", 2, floating, dtype.F16, safetensors.F16},
	{"bfloat16", 2, floating, dtype.BF16, safetensors.BF16},
	{"int8", 1, signed, 0, safetensors.I8},
	{"int16", 2, signed, 0, safetensors.I16},
	{"int32", 4, signed, 0, safetensors.I32},
	{"int64", 8, signed, 0, safetensors.I64},
	{"uint8", 1, unsigned, 0, safetensors.U8},
	{"uint16", 2, unsigned, 0, safetensors.U16},
	{"uint32", 4, unsigned, 0, safetensors.U32},
	{"uint64", 8, unsigned, 0, safetensors.U64},
	{"bool", 1, boolean, 0, safetensors.BOOL},
}

// elementNamed finds a type by its name in configurations; nil if there is none.
func elementNamed(name string) *element {
	for _, e := range elements {
		if e.name == name {
			return e
		}
	}
	return nil
}

// elementNames lists the types.
func elementNames() string {
	var out []string
	for _, e := range elements {
		out = append(out, e.name)
	}
	return strings.Join(out, ", ")
}

func elementStored(t safetensors.DType) *element {
	for _, e := range elements {
		if e.store == t {
			return e
		}
	}
	return nil
}

// tolerance of an output that states none: what the reference kernels of this
// repository are held to.
func (e *element) tolerance() float64 {
	switch {
	case e.class != floating:
		return 0
	case e.name == "float16":
		return 2e-3
	case e.name == "bfloat16":
		return 2e-2
	}
	return 1e-5
}

// bounds of the whole numbers that the type holds.
func (e *element) bounds() (low, high float64) {
	switch e.class {
	case signed:
		half := math.Ldexp(1, 8*e.size-1)
		return -half, half - 1
	case unsigned:
		return 0, math.Ldexp(1, 8*e.size) - 1
	case boolean:
		return 0, 1
	}
	return -e.largest(), e.largest()
}

// largest finite float.
func (e *element) largest() float64 {
	switch e.name {
	case "float16":
		return 65504
	case "bfloat16":
		return math.Ldexp(255, 120)
	}
	return math.MaxFloat32
}

// put writes v, rounded as the type does, as element i.
func (e *element) put(data []byte, i int, v float64) {
	at := data[i*e.size:]
	switch e.class {
	case floating:
		e.float.Put(data, i, float32(v))
	case boolean:
		at[0] = 0
		if v != 0 {
			at[0] = 1
		}
	case signed:
		e.putWhole(at, uint64(int64(v)))
	default:
		e.putWhole(at, uint64(v))
	}
}

func (e *element) putWhole(at []byte, bits uint64) {
	switch e.size {
	case 1:
		at[0] = byte(bits)
	case 2:
		binary.LittleEndian.PutUint16(at, uint16(bits))
	case 4:
		binary.LittleEndian.PutUint32(at, uint32(bits))
	default:
		binary.LittleEndian.PutUint64(at, bits)
	}
}

// at reads element i. Whole numbers above 2^53 are rounded.
func (e *element) at(data []byte, i int) float64 {
	if e.class == floating {
		return float64(e.float.At(data, i))
	}
	at := data[i*e.size:]
	var bits uint64
	switch e.size {
	case 1:
		bits = uint64(at[0])
	case 2:
		bits = uint64(binary.LittleEndian.Uint16(at))
	case 4:
		bits = uint64(binary.LittleEndian.Uint32(at))
	default:
		bits = binary.LittleEndian.Uint64(at)
	}
	if e.class == signed {
		shift := 64 - 8*e.size
		return float64(int64(bits<<shift) >> shift)
	}
	return float64(bits)
}
