package main

import (
	"fmt"

	"github.com/assay-bench/assay/metal/msl"
)

// mostScalars of a structure: 4096 bytes can be given by value.
const mostScalars = 4096

// layoutIn is a layout as a compiled library states it; ok is false if a member is
// of a type that is not known here.
func layoutIn(of *msl.Layout) (l layout, ok bool) {
	l = layout{size: of.Size, align: of.Align}
	return l, l.add(0, of.Members) && len(l.scalars) > 0
}

// elementsOf is the layout of what a buffer has for an argument; ok is false of
// structures and of types that are not known here. A compiled library has atomics
// as structures.
func elementsOf(a msl.Arg) (layout, bool) {
	if a.Layout != nil && plainType(a.Type) == "_atomic" {
		return layoutIn(a.Layout)
	}
	return layoutOf(a.Type)
}

func (l *layout) add(at int, members []msl.Member) bool {
	for _, m := range members {
		in, known := layoutOf(m.Type)
		if m.Members == nil && (!known || in.size > m.Size) {
			return false
		}
		for i := range max(m.Count, 1) {
			here := at + m.Offset + i*m.Size
			if here < 0 || here > l.size-m.Size || len(l.scalars) > mostScalars {
				return false
			}
			if m.Members != nil {
				if !l.add(here, m.Members) {
					return false
				}
				continue
			}
			for _, s := range in.scalars {
				l.scalars = append(l.scalars, scalar{s.element, here + s.offset})
			}
		}
	}
	return true
}

// members are a structure's members, their types and names; those of structures
// inside one are among them. ok is false if it is none that is known here.
func (t *text) members(a msl.Arg) (types, names []string, ok bool) {
	if a.Layout == nil {
		return structure(t.flat, plainType(a.Type))
	}
	if _, ok := layoutIn(a.Layout); !ok {
		return nil, nil, false
	}
	var flatten func(before string, members []msl.Member)
	flatten = func(before string, members []msl.Member) {
		for _, m := range members {
			switch {
			case m.Members == nil && m.Count == 0:
				types, names = append(types, m.Type), append(names, before+m.Name)
			case m.Members == nil:
				types, names = append(types, fmt.Sprintf("%s [%d]", m.Type, m.Count)), append(names, before+m.Name)
			case m.Count == 0:
				flatten(before+m.Name+".", m.Members)
			default:
				for i := range m.Count {
					flatten(fmt.Sprintf("%s%s[%d].", before, m.Name, i), m.Members)
				}
			}
		}
	}
	flatten("", a.Layout.Members)
	return types, names, true
}
