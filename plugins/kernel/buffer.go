package main

import (
	"fmt"
	"math"

	"github.com/assay-bench/assay/metal/tensorfile"
)

// buffer is memory that a configuration asks for.
type buffer struct {
	Buffer
	name      string
	element   *element // nil: not known
	faulty    bool     // its type has a fault already
	bound     *element // what the first kernel that gets it takes
	boundAs   string   // and how it declares that
	shape     []int
	count     int // elements
	output    bool
	tolerance float64
}

func (b *buffer) bytes() int {
	if b.element == nil {
		return 0
	}
	return b.count * b.element.size
}

// given says that what it holds before an iteration is stated. An output of which
// nothing is stated is written whole.
func (b *buffer) given() bool { return b.Fill != nil || b.File != nil }

// mostElements of one buffer, so that a wrong shape is a fault and no crash.
const mostElements = 1 << 40

func (r *reader) buffer(name string, c Buffer) *buffer {
	b := &buffer{Buffer: c, name: name, shape: c.Shape, count: 1, output: c.Output}
	at := label("buffer", name)
	if c.File != nil {
		r.fromFile(b, at+".file", *c.File, "tensor", c.Tensor, true)
		b.faulty = b.element == nil && c.DType == nil
	}
	if c.DType != nil {
		r.elementOf(b, at)
	}
	for _, n := range b.shape {
		if n < 1 || b.count > mostElements/n {
			r.fault(at+".shape", "shape", "not a shape", "Each extent is at least 1, and all together at most 2^40 elements.")
			b.count = 1
			break
		}
		b.count *= n
	}
	if b.element == nil {
		return b
	}
	b.tolerance = valueOr(c.Tolerance, b.element.tolerance())
	r.filled(b, at)
	r.checked(b, at)
	return b
}

// fromFile holds a buffer against a tensor, which the argument names. With takes,
// type and shape are the tensor's where they are left out.
func (r *reader) fromFile(b *buffer, at, path, argument string, tensor *string, takes bool) {
	f, err := tensorfile.Open(path)
	if err != nil {
		r.fault(at, "file", "the file cannot be read", "%v", err)
		return
	}
	defer f.Close()
	name := valueOr(tensor, "")
	info, ok := f.Info(name)
	if !ok {
		if tensor != nil {
			at = label("buffer", b.name) + "." + argument
		}
		names := f.Names()
		if len(names) == 1 && names[0] == "" {
			r.fault(at, "tensor", "a .npy file has one array, without a name", "Delete this.")
			return
		}
		r.fault(at, "tensor", "no tensor is chosen", "%s has %s%s Write %s = \"NAME\".", short(path), listed(names, "tensor"), didYouMean(name, names), argument)
		return
	}
	e := elementStored(info.DType)
	if e == nil {
		r.fault(at, "file_dtype", "elements of a type that Metal does not have", "%s holds %s. Convert the array to float32.", short(path), info.DType)
		return
	}
	count := 1
	for _, n := range info.Shape {
		count *= n
	}
	have := 1
	for _, n := range b.shape {
		have *= n
	}
	switch {
	case count < 1:
		r.fault(at, "file_shape", "the tensor is empty", "%s has shape %v.", short(path), info.Shape)
	case takes && b.DType == nil:
		b.element = e
	case e != elementNamed(valueOr(b.DType, e.name)) && takes:
		r.fault(at, "file_dtype", "the file has another type", "%s holds %s. Write dtype = %q, or leave it out.", short(path), e.name, e.name)
	}
	switch {
	case b.shape == nil && takes:
		b.shape = info.Shape
	case have != count:
		r.fault(at, "file_shape", "the file has another shape", "%s has shape %v, which is %d elements and not %d.", short(path), info.Shape, count, have)
	}
}

func valueOr[T any](p *T, other T) T {
	if p == nil {
		return other
	}
	return *p
}

// filled checks what a buffer holds.
func (r *reader) filled(b *buffer, at string) {
	fill := valueOr(b.Fill, "")
	if b.File != nil && fill != "" {
		r.fault(at+".fill", "two_fills", "fill and file exclude each other", "Delete one of them.")
		return
	}
	if b.File == nil && b.Tensor != nil {
		r.fault(at+".tensor", "no_file", "the file is missing", "Write file = \"FILE.safetensors\", or delete tensor.")
		return
	}
	if !b.output && fill == "" && b.File == nil {
		r.fault(at, "no_fill", "what it holds is missing", "Write fill = \"normal\", another fill or a file; or output = true if the kernel writes it.")
	}
	for _, a := range []struct {
		name  string
		given bool
		of    []string
	}{
		{"value", b.Value != nil, []string{"constant"}},
		{"low", b.Low != nil, []string{"uniform", "integers"}},
		{"high", b.High != nil, []string{"uniform", "integers"}},
		{"mean", b.Mean != nil, []string{"normal"}},
		{"deviation", b.Deviation != nil, []string{"normal"}},
	} {
		if a.given && fill != a.of[0] && fill != a.of[len(a.of)-1] {
			r.fault(at+"."+a.name, "unused", fmt.Sprintf("%s belongs to fill = %q", a.name, a.of[0]), "Delete it, or write fill = %q.", a.of[0])
		}
	}
	r.numbers(b, at, fill)
}

// numbers holds what a fill draws against what the type holds.
func (r *reader) numbers(b *buffer, at, fill string) {
	l, h := valueOr(b.Low, 0), valueOr(b.High, 1)
	switch {
	case fill == "constant" && b.Value == nil:
		r.fault(at, "no_value", "the constant is missing", "Write value = 1.")
		return
	case fill == "integers" && b.High == nil:
		r.fault(at, "no_high", "the bounds are missing", "Write high = 128, for integers from 0 to 127, and low for another least one.")
		return
	case (fill == "uniform" || fill == "normal") && b.element.class != floating:
		r.fault(at+".fill", "fill_type", fmt.Sprintf("%s has no %s numbers", b.element.name, fill), "Write fill = \"integers\" and high = 128, or a dtype of floats.")
		return
	case fill == "uniform" && !(l < h), fill == "integers" && math.Ceil(l) >= math.Ceil(h):
		r.fault(at+".high", "bounds", "no number is between low and high", "Got %g and %g; high is not reached.", l, h)
		return
	}
	ends := map[string][]float64{"constant": {valueOr(b.Value, 0)}, "uniform": {l, h}, "integers": {math.Ceil(l), math.Ceil(h) - 1}}[fill]
	low, high := b.element.bounds()
	if fill == "integers" { // drawn exactly
		low, high = max(low, -1<<53), min(high, 1<<53)
	}
	for _, v := range ends {
		if v < low || v > high || b.element.class != floating && v != math.Trunc(v) {
			r.fault(at+".fill", "fill_range", "the numbers do not fit", "%g is not a value of %s, which has %g to %g.", v, b.element.name, low, high)
			return
		}
	}
}

// checked checks what an output is held against.
func (r *reader) checked(b *buffer, at string) {
	if !b.output {
		for _, a := range []struct {
			name  string
			given bool
		}{{"expected", b.Expected != nil}, {"expected_tensor", b.ExpectedTensor != nil}, {"tolerance", b.Tolerance != nil}} {
			if a.given {
				r.fault(at+"."+a.name, "no_output", a.name+" belongs to an output", "Write output = true, or delete it.")
			}
		}
		return
	}
	switch {
	case b.Expected != nil && r.Reference != nil:
		r.fault(at+".expected", "two_references", "expected and reference exclude each other", "Delete one of them.")
	case b.Expected != nil:
		r.fromFile(b, at+".expected", *b.Expected, "expected_tensor", b.ExpectedTensor, false)
	case b.ExpectedTensor != nil:
		r.fault(at+".expected_tensor", "no_file", "the file is missing", "Write expected = \"FILE.safetensors\".")
	}
}
