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
	for _, a := range buffers(l.kernel) {
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
			r.missing(l, a, named)
		case b != nil:
			r.used[name] = true
			l.args[a.Index] = argument{buffer: b, writes: !a.Constant}
			r.fits(l, b, a)
		case name != "":
			v, ok := r.Value[name]
			if !ok {
				all := slices.Concat(sorted(r.Buffer), sorted(r.Value))
				r.fault(at, "unknown_name", fmt.Sprintf("no buffer or value %q", name), "%s%s", thereIs(all, "block"), didYouMean(name, all))
				continue
			}
			r.used[name] = true
			l.args[a.Index] = argument{bytes: r.value(name, v, l.text, a)}
		}
	}
	for _, key := range sorted(named) {
		if !known[key] {
			r.fault(l.at+label("arguments", key), "extra_argument", fmt.Sprintf("%s has no argument %q", l.kernel.Name, key), "%s has %s%s",
				declaredAt(l.kernel.File, l.kernel.Line), listed(names(l.kernel), "argument"), didYouMean(key, names(l.kernel)))
		}
	}
}

// enabled says whether an argument is there, which a function constant may decide.
// sure is false if that is not known.
func (l *launch) enabled(a msl.Arg) (there, sure bool) {
	if a.Enabled == "" {
		return true, true
	}
	for _, c := range l.text.kernels.functionConstants(l.kernel) {
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

// buffers are the arguments with a [[buffer(n)]], each of which gets a block.
func buffers(k *msl.Kernel) (out []msl.Arg) {
	for _, a := range k.Args {
		if a.Space != msl.Builtin && a.Space != msl.Threadgroup {
			out = append(out, a)
		}
	}
	return out
}

func names(k *msl.Kernel) (out []string) {
	for _, a := range buffers(k) {
		out = append(out, a.Name)
	}
	return out
}
