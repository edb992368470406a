package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/assay-bench/assay/metal/mlxkernel"
	"github.com/assay-bench/assay/metal/msl"
)

// value encodes the bytes of an argument.
func (r *reader) value(name string, v Value, t *text, a msl.Arg) []byte {
	at := label("value", name)
	if v.Value != nil && v.Values != nil {
		r.fault(at+".values", "two_values", "value and values exclude each other", "Delete one of them.")
		return nil
	}
	numbers := v.numbers()
	if numbers == nil {
		r.fault(at, "no_value", "the value is missing", "%s. Write value = …, or values = [ … ] of a vector, an array or a structure.", place(a))
		return nil
	}
	want, typed := r.layout(t, a)
	l := want
	if v.Type != nil {
		var bad string
		if l, bad = layoutOfMembers(strings.Split(*v.Type, ",")); bad != "" {
			if name := mlxkernel.Type(bad); name != "" {
				r.fault(at+".type", "unknown_type", fmt.Sprintf("%q is no type of Metal's", bad), "Write %q for it.", name)
				return nil
			}
			r.fault(at+".type", "unknown_type", fmt.Sprintf("%q is no type of Metal's", bad), "Write a scalar such as \"uint\", a vector such as \"float4\", or the types of a structure's members, \"uint, uint, float\".")
			return nil
		}
	} else if !typed && a.Layout != nil {
		r.fault(at, "no_type", "the type must be written", "%s, and members of %s are of types that are not known here. Write type = \"uchar\", and values = [ … ] with its %d bytes; or type = with the types of its members.", place(a), plainType(a.Type), a.Layout.Size)
		return nil
	} else if !typed {
		r.fault(at, "no_type", "the type must be written", "%s, and %s is not a type that is known here. Write type = with the types of its members: type = \"uint, uint, float\".", place(a), plainType(a.Type))
		return nil
	}
	if !a.Reference && len(numbers) > 1 && len(l.scalars) == 1 {
		l = repeat(l, len(numbers)) // an array
	} else if typed && v.Type != nil && !same(l, want) {
		r.fault(at+".type", "wrong_type", fmt.Sprintf("%s is not what argument %s takes", *v.Type, a.Name), "%s. Write type = %q, or leave it out.", place(a), spelled(want))
		return nil
	}
	if a.Layout != nil && !typed {
		if l = fill(l, a.Layout.Size); l.size%a.Layout.Size != 0 || a.Reference && l.size != a.Layout.Size {
			r.fault(at+".type", "wrong_size", "the value is of another size", "%s, which has %d bytes, and these types have %d. Write type = \"uchar\", and all its bytes.", place(a), a.Layout.Size, l.size)
			return nil
		}
	}
	data, err := l.encode(numbers)
	if err != nil {
		where := at + ".value"
		if v.Value == nil {
			where = at + ".values"
		}
		r.fault(where, "value_range", "the value does not fit", "%v. %s.", err, place(a))
	}
	return data
}

// fill repeats a layout as an array as long as a number of bytes, if that is
// possible.
func fill(l layout, size int) layout {
	if n := size / max(l.size, 1); n > 1 && n*len(l.scalars) <= mostScalars && n*l.size == size {
		return repeat(l, n)
	}
	return l
}

// numbers of either form; nil: none is given.
func (v Value) numbers() []string {
	if v.Value != nil {
		return []string{*v.Value}
	}
	return v.Values
}

// layout of an argument's type, which may be a structure of its source.
func (r *reader) layout(t *text, a msl.Arg) (layout, bool) {
	if l, ok := layoutOf(a.Type); ok {
		return l, true
	}
	if a.Layout != nil {
		return layoutIn(a.Layout)
	}
	types, _, ok := t.members(a)
	if !ok {
		return layout{}, false
	}
	l, _ := layoutOfMembers(types)
	return l, true
}

// same says that two layouts hold the same scalars in the same places.
func same(a, b layout) bool { return a.size == b.size && slices.Equal(a.scalars, b.scalars) }

func spelled(l layout) string {
	var out []string
	for _, s := range l.scalars {
		out = append(out, mlxkernel.Type(s.name))
	}
	return strings.Join(out, ", ")
}
