package main

import (
	"fmt"

	"github.com/assay-bench/assay/metal/msl"
)

// untyped says that elements are bytes, whose meaning is the kernel's.
func untyped(e *element) bool { return e.size == 1 && e.class != boolean }

// fits holds a buffer against the argument that it is bound to. What an argument of
// a structure or of an alias holds is not known here, and anything fits.
func (r *reader) fits(l *launch, b *buffer, a msl.Arg) {
	in, ok := elementsOf(a)
	if !ok || b.faulty {
		return
	}
	e, first := in.scalars[0].element, b.bound
	if first == nil && !untyped(e) {
		b.bound, b.boundAs = e, place(a)
	}
	at := label("buffer", b.name)
	switch {
	case first != nil && !untyped(e) && e != first:
		r.fault(l.where, "unlike_types", fmt.Sprintf("two kernels disagree about buffer %q", b.name), "%s, and %s. Give both the same type: a buffer has one.", b.boundAs, place(a))
	case b.element == nil:
		b.faulty = true
		r.fault(at, "no_dtype", "the type of its elements is missing", "%s. Write dtype = %q.", place(a), e.name)
	case e != b.element && !untyped(e) && b.DType == nil:
		r.fault(at+".file", "wrong_dtype", fmt.Sprintf("%s is not what argument %s takes", b.element.name, a.Name), "%s. Name a file of %s.", place(a), e.name)
	case e != b.element && !untyped(e):
		r.fault(at+".dtype", "wrong_dtype", fmt.Sprintf("%s is not what argument %s takes", b.element.name, a.Name), "%s. Write dtype = %q; if another version declares it as %s, give both the same type.", place(a), e.name, b.element.name)
	case b.bytes() < in.size:
		r.fault(at+".shape", "too_small", "the buffer is too small", "%s, which is %d bytes; the buffer has %d. Write a larger shape.", place(a), in.size, b.bytes())
	}
}

// typeless faults buffers whose type neither the configuration nor a kernel says.
func (r *reader) typeless() {
	for _, name := range sorted(r.buffers) {
		if b := r.buffers[name]; b.element == nil && !b.faulty {
			r.fault(label("buffer", name), "no_dtype", "the type of its elements is missing", "Write dtype = %q, or another of %s.", "float32", elementNames())
		}
	}
}

// elementOf finds the type that a configuration names, or faults it.
func (r *reader) elementOf(b *buffer, at string) {
	if b.element = elementNamed(*b.DType); b.element != nil {
		return
	}
	b.faulty = true
	advice := fmt.Sprintf("Write one of %s", elementNames())
	if name := words[*b.DType]; name != "" {
		advice = fmt.Sprintf("Write dtype = %q, which Metal calls %s", name, *b.DType)
	}
	r.fault(at+".dtype", "dtype", fmt.Sprintf("%q is no dtype", *b.DType), "%s.", advice)
}
