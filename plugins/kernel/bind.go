package main

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/assay-bench/assay/metal/msl"
)

// bind gives each argument of a kernel its buffer or bytes.
func (r *reader) bind(l *launch, named map[string]string) {
	known := map[string]bool{}
	for _, a := range l.kernel.Args {
		if a.Space == msl.Builtin || a.Space == msl.Threadgroup {
			continue
		}
		index := strconv.Itoa(a.Index)
		known[a.Name], known[index] = true, true
		for len(l.args) <= a.Index {
			l.args = append(l.args, argument{})
		}
		there, sure := l.enabled(a)
		if !there {
			continue
		}
		name, at := r.given(l, a, named)
		switch b := r.buffers[name]; {
		case name == "" && r.extra[a.Name] != nil:
			l.args[a.Index] = argument{bytes: r.extra[a.Name]}
		case name == "" && sure:
			r.missing(l, a)
		case b != nil:
			r.used[name] = true
			l.args[a.Index] = argument{buffer: b, writes: !a.Constant}
			r.fits(b, a)
		case name != "":
			v, ok := r.Value[name]
			if !ok {
				all := slices.Concat(sorted(r.Buffer), sorted(r.Value))
				r.fault(at, "unknown_name", fmt.Sprintf("no buffer or value %q", name), "There is %s%s.", listed(all, "block"), didYouMean(name, all))
				continue
			}
			r.used[name] = true
			l.args[a.Index] = argument{bytes: r.value(name, v, l.text, a)}
		}
	}
	for _, key := range sorted(named) {
		if !known[key] {
			r.fault(l.at+label("arguments", key), "extra_argument", fmt.Sprintf("%s has no argument %q", l.kernel.Name, key), "%s:%d has %s%s.",
				l.kernel.File, l.kernel.Line, listed(names(l.kernel), "argument"), didYouMean(key, names(l.kernel)))
		}
	}
}

// enabled says whether an argument is there, which a function constant may decide.
// sure is false if that is not known.
func (l *launch) enabled(a msl.Arg) (there, sure bool) {
	if a.Enabled == "" {
		return true, true
	}
	for _, c := range l.text.unit.Constants {
		if c.Name == a.Enabled {
			v, _ := l.constants[c.Index].(bool)
			return v, true
		}
	}
	return true, false
}

// given is the block that an argument gets, and where that is said.
func (r *reader) given(l *launch, a msl.Arg, named map[string]string) (name, at string) {
	index := strconv.Itoa(a.Index)
	for _, key := range []string{a.Name, index} {
		if name := named[key]; name != "" {
			return name, l.at + label("arguments", key)
		}
	}
	for _, key := range []string{a.Name, index} {
		_, value := r.Value[key]
		switch {
		case value && r.buffers[key] != nil:
			r.fault(label("value", key), "bound_twice", "a buffer has this name too", "Delete one of the two blocks.")
			return "", ""
		case value:
			return key, label("value", key)
		case r.buffers[key] != nil:
			return key, label("buffer", key)
		}
	}
	return "", ""
}

func names(k *msl.Kernel) (out []string) {
	for _, a := range k.Args {
		if a.Space != msl.Builtin && a.Space != msl.Threadgroup {
			out = append(out, a.Name)
		}
	}
	return out
}

func (r *reader) missing(l *launch, a msl.Arg) {
	write := fmt.Sprintf("buffer %q { … } with dtype, shape, and fill or output = true", a.Name)
	layout, ok := layoutOf(a.Type)
	switch {
	case a.Reference && a.Space == msl.Constant && ok && len(layout.scalars) == 1:
		write = fmt.Sprintf("value %q { value = … }", a.Name)
	case a.Reference && a.Space == msl.Constant:
		write = fmt.Sprintf("value %q { values = [ … ] }", a.Name)
	}
	if near := nearest(a.Name, r.idle(l)); near != "" {
		write = fmt.Sprintf("Rename %q to %q", near, a.Name)
	} else {
		write = "Write " + write
	}
	r.fault(block(l.at), "missing_argument", fmt.Sprintf("argument %s of %s gets nothing", a.Name, l.kernel.Name), "%s. %s.", place(a), write)
}

// idle are blocks that are named after no argument of the kernel.
func (r *reader) idle(l *launch) (out []string) {
	for _, name := range slices.Concat(sorted(r.Buffer), sorted(r.Value)) {
		if !slices.Contains(names(l.kernel), name) {
			out = append(out, name)
		}
	}
	return out
}

// untyped says that elements are bytes, whose meaning is the kernel's.
func untyped(e *element) bool { return e.size == 1 && e.class != boolean }

// fits holds a buffer against the argument that it is bound to. What an argument of
// a structure or of an alias holds is not known here, and anything fits.
func (r *reader) fits(b *buffer, a msl.Arg) {
	l, ok := layoutOf(a.Type)
	if !ok || b.element == nil {
		return
	}
	e := l.scalars[0].element
	switch {
	case e != b.element && !untyped(e):
		at, write := label("buffer", b.name)+".dtype", fmt.Sprintf("Write dtype = %q", e.name)
		if b.DType == nil {
			at, write = label("buffer", b.name)+".file", "Name a file of "+e.name
		}
		r.fault(at, "wrong_dtype", fmt.Sprintf("%s is not what argument %s takes", b.element.name, a.Name), "%s. %s.", place(a), write)
	case b.bytes() < l.size:
		r.fault(label("buffer", b.name)+".shape", "too_small", "the buffer is too small", "%s, which is %d bytes; the buffer has %d. Write a larger shape.", place(a), l.size, b.bytes())
	}
}
