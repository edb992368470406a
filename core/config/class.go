package config

import (
	"regexp"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
)

// Placement says on which machines a fleet measures an experiment, and with what.
type Placement struct {
	Name    string
	Classes []string // none: the fleet's user says it
	Needs   []string // experiments that it depends on
	Range   hcl.Range
}

// Placements are those of the experiments that only names, of all where it is empty,
// in the order of the source. They hang on no device and no plugin: whoever
// dispatches experiments has neither.
func (m *Module) Placements(only []string) ([]Placement, hcl.Diagnostics) {
	if m.broken {
		return nil, nil
	}
	r := &resolver{module: m, opts: ResolveOptions{Only: only}}
	heads := r.heads()
	chosen := r.choose(heads)
	var out []Placement
	for _, h := range heads {
		if !chosen[h.name] {
			continue
		}
		rd := &reader{attrs: h.content.Attributes, scope: m.headScope(), diags: h.diags}
		p := Placement{Name: h.name, Classes: rd.classes(), Range: h.DefRange}
		for _, n := range h.dependsOn {
			if chosen[n] {
				p.Needs = append(p.Needs, n)
			}
		}
		r.diags = append(r.diags, rd.diags...)
		out = append(out, p)
	}
	return out, r.diags
}

// ClassName is what a class of machines may be called: it becomes the name of a
// queue and of a folder.
var ClassName = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,62}$`)

// classes reads the classes of machines: one string, or a list of them.
func (r *reader) classes() []string {
	v, attr, ok := r.value("class", cty.DynamicPseudoType, "a string or a list of strings")
	if !ok {
		r.needsNoDevice("class")
		return nil
	}
	items := []cty.Value{v}
	if ty := v.Type(); ty.IsTupleType() || ty.IsListType() || ty.IsSetType() {
		items = v.AsValueSlice()
	}
	var out []string
	for _, item := range items {
		if item.IsNull() || item.Type() != cty.String {
			r.invalid(attr, `a string or a list of strings is required, such as "m4-max" or ["m4-max", "h100"].`)
			return nil
		}
		switch name := item.AsString(); {
		case !ClassName.MatchString(name):
			r.invalid(attr, "%q cannot be the name of a class of machines. Use lower-case letters, digits, ., _ and -, and start with a letter or a digit.", name)
			return nil
		case slices.Contains(out, name):
			r.invalid(attr, "%q stands in it twice.", name)
			return nil
		default:
			out = append(out, name)
		}
	}
	return out
}
