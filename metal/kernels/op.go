package kernels

import (
	"encoding/binary"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/dtype"
	"github.com/assay-bench/assay/metal/quant"
)

// Op declares a kernel once. The table of docs/kernels.md, Metal's parameter
// structures, the checks of builders and of the cpu's twins, the arguments that
// twins find by name, the inputs of the device suite and the lists of kernels that
// tests go through come from it; a test holds it against the Metal source.
type Op struct {
	Name      string
	Computes  string     // one line for the documentation
	Arguments []Argument // in binding order; the parameter block comes last
	Struct    string     // name of the parameter block's type
	Fields    []Field    // of the block

	Rounds   bool     // a kernel for each Mode: NAME_MODE
	Variants []string // kernels of the same arguments for other shapes: NAME_VARIANT
	Affine   []int    // it takes affine weights of these code widths alone; nil: every format
	File     string   // source, without .metal; empty: Name
	Beside   bool     // it has no weights, but its source is compiled for their format
	GPU      bool     // the cpu device has no twin, since it never needs one

	sizes  []int // the fields that are extents
	check  func(params []byte) error
	spread func(kind metal.Kind, f quant.Format, params []byte) launch
}

// Field is a field of a parameter block: four bytes.
type Field struct {
	Name  string
	Float bool // float32, else uint32
}

// Argument is one operand: one buffer or, for quantized weights, one for each of
// the format's planes.
type Argument struct {
	Name  string
	Type  Element
	Out   bool     // the kernel writes it
	Shape []string // extents: fields of the parameter block, numbers, or names of their own for what the block does not say
	Below string   // the extent that its indices stay below
	Align int      // bytes that an offset must be a multiple of, where the element's size is not enough

	dims  []dim
	below dim
}

// Element is what an argument consists of.
type Element uint8

// The elements.
const (
	Activations Element = iota // of the type that the kernel is compiled for
	Indices                    // uint32
	Floats                     // float32
	Quantized                  // weights of a quant.Format, [experts, rows, columns]
)

// dim is one extent: a field's offset in the block, or a number.
type dim struct {
	field int // -1: none
	value int // 0: not known
}

func in(name string, t Element, shape string) Argument {
	return Argument{Name: name, Type: t, Shape: strings.Split(shape, ",")}
}

// indices of something of which there are so many.
func indices(name, shape, below string) Argument {
	a := in(name, Indices, shape)
	a.Below = below
	return a
}

func out(name string, t Element, shape string) Argument {
	a := in(name, t, shape)
	a.Out = true
	return a
}

// aligned is for what kernels read 16 bytes at once.
func aligned(a Argument) Argument { a.Align = 16; return a }

// decl is an op whose parameter block is a P.
type decl[P any] struct{ *Op }

// declare adds an op to those of the package. check, which may be nil, says what else
// must hold of the parameters; spread decides how threads are spread.
func declare[P any](o Op, check func(P) error, spread func(metal.Kind, quant.Format, P) launch) decl[P] {
	block := reflect.TypeFor[P]()
	o.Struct = block.Name()
	for i := range block.NumField() {
		f := block.Field(i)
		o.Fields = append(o.Fields, Field{Name: f.Name, Float: f.Type.Kind() == reflect.Float32})
	}
	if o.File == "" {
		o.File = o.Name
	}
	for i := range o.Arguments {
		a := &o.Arguments[i]
		for _, name := range a.Shape {
			a.dims = append(a.dims, o.extent(name))
		}
		a.below = o.extent(a.Below)
	}
	if check != nil {
		o.check = func(block []byte) error { return check(Params[P](block)) }
	}
	o.spread = func(kind metal.Kind, f quant.Format, block []byte) launch { return spread(kind, f, Params[P](block)) }
	all = append(all, &o)
	return decl[P]{&o}
}

// extent reads a name of a shape, and notes the field that it is.
func (o *Op) extent(name string) dim {
	if n, err := strconv.Atoi(name); err == nil {
		return dim{field: -1, value: n}
	}
	i := slices.IndexFunc(o.Fields, func(f Field) bool { return f.Name == name })
	if i >= 0 && !slices.Contains(o.sizes, i) {
		o.sizes = append(o.sizes, i)
	}
	return dim{field: i}
}

// of is the extent's value; free is that of one that the parameters do not say.
func (d dim) of(block []byte, free int) int {
	switch {
	case d.field >= 0:
		return int(uint32At(block, d.field))
	case d.value > 0:
		return d.value
	}
	return free
}

func uint32At(block []byte, field int) uint32 { return binary.LittleEndian.Uint32(block[4*field:]) }

// Weights reports whether the op's kernels are for a format of weights.
func (o *Op) Weights() bool {
	return o.Beside || slices.ContainsFunc(o.Arguments, func(a Argument) bool { return a.Type == Quantized })
}

// Takes reports a format that the op has no kernel for.
func (o *Op) Takes(f quant.Format) error {
	switch {
	case f.DType > dtype.BF16:
		return fmt.Errorf("unknown activation type %s", f.DType)
	case len(o.Affine) > 0 && (f.Mode != quant.Affine || !slices.Contains(o.Affine, f.Bits)):
		return fmt.Errorf("%d-bit %s weights are not supported here, want affine ones of %v bits", f.Bits, f.Mode, o.Affine)
	}
	return nil
}

// Check reports parameters that no kernel of the op can work with.
func (o *Op) Check(block []byte) error {
	if len(block) < 4*len(o.Fields) {
		return fmt.Errorf("parameters: need %d bytes, have %d", 4*len(o.Fields), len(block))
	}
	for _, field := range o.sizes {
		if v := uint32At(block, field); v == 0 || v > math.MaxInt32 {
			return fmt.Errorf("%s is %s, want 1 to %d", o.Fields[field].Name, outside(v), math.MaxInt32)
		}
	}
	if o.check != nil {
		return o.check(block)
	}
	return nil
}

// outside words a size that is none, which extent may have made.
func outside(v uint32) string {
	if v == math.MaxUint32 {
		return "out of range"
	}
	return strconv.Itoa(int(v))
}
