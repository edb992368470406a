package main

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/assay-bench/assay/metal/mlxkernel"
	"github.com/assay-bench/assay/metal/msl"
)

// missing faults an argument without a block. A block that is left over may be what
// it should get: another version calls it differently, or a name is misspelled.
func (r *reader) missing(l *launch, a msl.Arg, named map[string]string) {
	summary := fmt.Sprintf("argument %s of %s gets nothing", a.Name, l.kernel.Name)
	idle := slices.DeleteFunc(r.idle(l, named), func(name string) bool {
		_, value := r.Value[name]
		return value && a.Space != msl.Constant // memory that the kernel may write is no value
	})
	fitting := r.fitting(l, a, idle)
	near := nearest(a.Name, idle)
	if near == "" && len(fitting) == 1 {
		near = fitting[0]
	}
	switch {
	case near != "" && r.used[near]: // by another kernel, which calls it so
		r.fault(l.where, "missing_argument", summary, "%s. Write arguments = %s %s.", place(a), withArgument(named, a.Name, near), beside(l))
	case near != "":
		at, write := l.where, "Write arguments = %s beside it; or, if no version calls it %[2]s, rename the block to %[3]q."
		if nearest(a.Name, idle) != "" {
			at, write = r.labelOf(near), "Rename the block to %[3]q; or, if another version calls it %[2]s, write arguments = %[1]s in the variant of "+l.text.src.Name+"."
		}
		write = fmt.Sprintf(write, withArgument(named, a.Name, near), near, a.Name)
		r.fault(at, "missing_argument", summary, "%s, and nothing gets %q. %s", place(a), near, write)
	case len(fitting) > 1:
		r.fault(l.where, "missing_argument", summary, "%s. Write arguments = %s %s, with one of %s for NAME; or %s.", place(a), withArgument(named, a.Name, "NAME"), beside(l), strings.Join(fitting, ", "), newBlock(a))
	default:
		r.fault(l.where, "missing_argument", summary, "%s. Write %s.", place(a), newBlock(a))
	}
}

// beside says where a launch's arguments stand, of the place of its fault.
func beside(l *launch) string {
	if l.where+"." == l.at {
		return "in it"
	}
	return "beside it"
}

func newBlock(a msl.Arg) string {
	layout, ok := layoutOf(a.Type)
	switch {
	case a.Value() && ok && len(layout.scalars) == 1:
		return fmt.Sprintf("value %q { value = … }", a.Name)
	case a.Value():
		return fmt.Sprintf("value %q { values = [ … ] }", a.Name)
	}
	return fmt.Sprintf("buffer %q { … } with dtype, shape, and fill or output = true", a.Name)
}

// withArgument is what arguments already gives, and one more.
func withArgument(named map[string]string, argument, name string) string {
	all := map[string]string{argument: strconv.Quote(name)}
	for k, v := range named {
		all[k] = strconv.Quote(v)
	}
	return inHCL(all)
}

// inHCL is an object of expressions.
func inHCL(object map[string]string) string {
	var out []string
	for _, name := range sorted(object) {
		key := name
		if !mlxkernel.Identifier(key) {
			key = strconv.Quote(key)
		}
		out = append(out, key+" = "+object[name])
	}
	return "{ " + strings.Join(out, ", ") + " }"
}

func (r *reader) labelOf(name string) string {
	if _, ok := r.Value[name]; ok {
		return label("value", name)
	}
	return label("buffer", name)
}

// idle are blocks that no argument of the kernel gets.
func (r *reader) idle(l *launch, named map[string]string) (out []string) {
	taken := slices.Collect(maps.Values(named))
	for _, a := range buffers(l.kernel) {
		taken = append(taken, a.Name, strconv.Itoa(a.Index))
	}
	for _, name := range slices.Concat(sorted(r.Buffer), sorted(r.Value)) {
		if !slices.Contains(taken, name) {
			out = append(out, name)
		}
	}
	return out
}

// fitting are those of the blocks whose type an argument takes: where that leaves
// several, those that are outputs as it is one.
func (r *reader) fitting(l *launch, a msl.Arg, idle []string) (out []string) {
	var alike []string
	for _, name := range idle {
		b := r.buffers[name]
		switch v, ok := r.Value[name]; {
		case b != nil && !a.Value() && takes(a, b):
			out = append(out, name)
			if b.output == !a.Constant {
				alike = append(alike, name)
			}
		case ok && a.Space == msl.Constant && r.holds(l, a, v):
			out, alike = append(out, name), append(alike, name)
		}
	}
	if len(out) > 1 {
		return alike
	}
	return out
}

// takes says that an argument may get a buffer.
func takes(a msl.Arg, b *buffer) bool {
	l, ok := elementsOf(a)
	return !ok || b.element == nil || b.element == l.scalars[0].element || untyped(l.scalars[0].element)
}

// holds says that an argument may get a value.
func (r *reader) holds(l *launch, a msl.Arg, v Value) bool {
	want, ok := r.layout(l.text, a)
	numbers := v.numbers()
	if ok && !a.Reference && len(want.scalars) == 1 {
		want = repeat(want, len(numbers))
	}
	_, err := want.encode(numbers)
	return ok && err == nil
}
