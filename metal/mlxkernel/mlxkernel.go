// Package mlxkernel makes a Metal source of the body of a kernel, as
// mx.fast.metal_kernel of MLX does: the caller gives names, types and the body, and
// the signature follows from them.
package mlxkernel

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Body is what mx.fast.metal_kernel and a call of the kernel that it makes are given.
type Body struct {
	Name     string            `json:"name"`
	Inputs   []Array           `json:"inputs,omitempty"`
	Outputs  []Array           `json:"outputs"`
	Template map[string]string `json:"template,omitempty"` // a dtype, a whole number, true or false
	Header   string            `json:"header,omitempty"`   // stands before the kernel
	Source   string            `json:"source"`             // the body
	Atomic   bool              `json:"atomic_outputs,omitempty"`
}

// Array is an input or output. The signature hangs on the shape of inputs, not on
// that of outputs.
type Array struct {
	Name  string `json:"name"`
	DType string `json:"dtype"` // float32
	Shape []int  `json:"shape,omitempty"`
}

// Extension is that of files which hold a body as JSON.
const Extension = ".metal_kernel.json"

// Read reads a body as JSON.
func Read(in io.Reader) (Body, error) {
	var b Body
	d := json.NewDecoder(in)
	d.DisallowUnknownFields()
	if err := d.Decode(&b); err != nil {
		return b, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return b, errors.New("more than one object: write one file for each body")
	}
	return b, b.check()
}

// types of elements in Metal.
var types = map[string]string{
	"float32": "float", "float16": "half", "bfloat16": "bfloat",
	"int8": "char", "int16": "short", "int32": "int", "int64": "long",
	"uint8": "uchar", "uint16": "ushort", "uint32": "uint", "uint64": "ulong",
	"bool": "bool",
}

// Type is the type in Metal of elements of a dtype; empty if there is none.
func Type(dtype string) string { return types[dtype] }

// Argument spells a template argument in Metal; kind is that of its parameter, empty
// if it is none.
func Argument(text string) (value, kind string) {
	if t := Type(text); t != "" {
		return t, "typename"
	}
	if text == "true" || text == "false" {
		return text, "bool"
	}
	if _, err := strconv.ParseInt(text, 10, 32); err == nil {
		return text, "int"
	}
	return "", ""
}

var identifier = regexp.MustCompile(`^[A-Za-z_]\w*$`)

// Identifier says whether a name can be one of a kernel, an argument or a template
// parameter.
func Identifier(name string) bool { return identifier.MatchString(name) }

// check finds what would not make a signature.
func (b *Body) check() error {
	if !Identifier(b.Name) {
		return fmt.Errorf("name: %q is no name: use letters, digits and underscores", b.Name)
	}
	if len(b.Outputs) == 0 {
		return errors.New("outputs: there is none: add one with name and dtype")
	}
	seen := map[string]bool{}
	for _, a := range slices.Concat(b.Inputs, b.Outputs) {
		switch {
		case !Identifier(a.Name) || seen[a.Name]:
			return fmt.Errorf("inputs and outputs: %q is no name of its own: use letters, digits and underscores, and each name once", a.Name)
		case Type(a.DType) == "":
			return fmt.Errorf("%s: %q is no dtype: use one of %s", a.Name, a.DType, strings.Join(slices.Sorted(maps.Keys(types)), ", "))
		case slices.ContainsFunc(a.Shape, func(n int) bool { return n < 0 || n > math.MaxInt32 }):
			return fmt.Errorf("%s: a length of shape %v is negative or above %d", a.Name, a.Shape, math.MaxInt32)
		case !countable(a.Shape):
			return fmt.Errorf("%s: shape %v has too many elements", a.Name, a.Shape)
		}
		seen[a.Name] = true
	}
	for name, value := range b.Template {
		if _, kind := Argument(value); kind == "" || !Identifier(name) {
			return fmt.Errorf("template %s: %q is no template argument: use a dtype, a whole number, true or false", name, value)
		}
	}
	return nil
}

// countable reports whether no product of lengths, which strides and the number of
// elements are, overflows.
func countable(shape []int) bool {
	n := 1
	for _, d := range shape {
		if n > math.MaxInt/max(d, 1) {
			return false
		}
		n *= max(d, 1)
	}
	return true
}
