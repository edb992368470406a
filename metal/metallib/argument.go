package metallib

import (
	"fmt"
	"slices"
	"strings"

	"github.com/assay-bench/assay/metal/msl"
)

// argument reads an argument: its position in the list, and words beginning with
// "air.", some of which have values.
func (r *signatures) argument(f *fields) msl.Arg {
	a, l := msl.Arg{Index: -1}, &msl.Layout{}
	f.number()
	kind, space, count, writes := "", 0, 1, true
	for f.more() {
		switch word := f.text(); word {
		case "air.buffer":
			kind = "buffer"
		case "air.location_index":
			a.Index, count = f.number(), f.number()
		case "air.address_space":
			space = f.number()
		case "air.buffer_size": // only of references
			f.number()
			a.Reference = true
		case "air.read":
			writes = false
		case "air.read_write", "air.arg_unused":
		case "air.arg_type_size":
			l.Size = f.number()
		case "air.arg_type_align_size":
			l.Align = f.number()
		case "air.arg_type_name":
			a.Type = f.text()
		case "air.arg_name":
			a.Name = f.text()
		case "air.struct_type_info":
			l.Members = r.members(f.next(), 0)
		case "air.function_constant":
			c := f.node()
			c.next() // the variable that holds it
			c.text() // bool
			a.Enabled = c.text()
		default:
			if kind == "" {
				kind = strings.TrimPrefix(word, "air.")
			}
		}
	}
	a.Attr = kind
	if r.err != nil || slices.Contains(r.positions, kind) {
		a.Index = -1
		return a
	}
	a.Space = map[int]msl.Space{1: msl.Device, 2: msl.Constant, 3: msl.Threadgroup}[space]
	switch {
	case kind != "buffer":
		r.fail(fmt.Errorf("argument %s is no buffer and no position, but a %s, which is not supported", a.Name, strings.ReplaceAll(kind, "_", " ")))
	case count != 1:
		r.fail(fmt.Errorf("argument %s is an array of resources, which is not supported", a.Name))
	case a.Space == msl.Builtin:
		r.fail(fmt.Errorf("argument %s is in address space %d, which is not supported", a.Name, space))
	case a.Index < 0 || a.Index >= msl.Slots || l.Size == 0 || l.Align == 0:
		r.fail(errMetadata)
	case a.Space == msl.Threadgroup:
		a.Attr = "threadgroup"
	}
	a.Constant = a.Space == msl.Constant || !writes
	a.Layout = l
	return a
}

// mostNested structures inside one another.
const mostNested = 8

// members reads the layout of a structure: of each member words beginning with
// "air." with a node each, then its offset, size of an element, count of elements,
// type and name.
func (r *signatures) members(id uint64, depth int) []msl.Member {
	if known, ok := r.structures[id]; ok {
		return known
	}
	if depth > mostNested {
		r.fail(errMetadata)
		return nil
	}
	var out []msl.Member
	for f := r.node(id); f.more(); {
		var inner []msl.Member
		for f.isText() {
			if word := f.text(); word == "air.struct_type_info" {
				inner = r.members(f.next(), depth+1)
			} else {
				f.next()
			}
		}
		out = append(out, msl.Member{Offset: f.number(), Size: f.number(), Count: f.number(), Type: f.text(), Name: f.text(), Members: inner})
	}
	r.structures[id] = out
	return out
}
