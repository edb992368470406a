package msl

import (
	"maps"
	"slices"
)

// index prepares what reach asks.
func (u *Unit) index() {
	u.byName = map[string][]*declaration{}
	for _, d := range u.decls {
		d.uses = u.identifiers(d.begin, d.end+1)
		for _, name := range d.names {
			u.byName[name] = append(u.byName[name], d)
		}
	}
	for _, d := range u.decls {
		if d.special && len(d.names) > 0 && !slices.ContainsFunc(u.byName[d.names[0]], func(o *declaration) bool { return !o.special }) {
			d.operator = true // of a template of Metal's: its types tell, like an operator's
			if t := u.toks[d.name]; t.kind == tokIdent && !u.toks[max(d.name-1, 0)].is("::") && d.global {
				u.edits[d.name] = edit{role: roleText, text: "metal::" + t.text} // NVRTC finds it in no other namespace
			}
		}
		maps.DeleteFunc(d.signature, func(name string, _ bool) bool { return u.byName[name] == nil })
	}
}

// reached is what kernels need of a source.
type reached struct {
	u       *Unit
	kept    map[*declaration]bool
	sure    map[string]bool // names that are used, and not only perhaps
	left    []*declaration  // overloads that are refused: others of their names stay
	refusal *Error
	todo    []*declaration
}

// reach finds the declarations that kernels need. It goes by names alone, so it
// keeps too much rather than too little: all overloads, in all namespaces.
func (u *Unit) reach(kernels []*Kernel) *reached {
	r := &reached{u: u, kept: map[*declaration]bool{}, sure: map[string]bool{}}
	for _, k := range kernels {
		if k.refusal != nil {
			r.refuse(k.refusal)
		}
		r.add(u.declarationAt(k.place))
		if k.fn != nil {
			r.add(u.declarationAt(k.fn.begin))
		}
	}
	for _, d := range u.decls {
		if d.root && d.refusal == nil {
			r.add(d)
		}
	}
	for {
		for len(r.todo) > 0 {
			d := r.todo[len(r.todo)-1]
			r.todo = r.todo[:len(r.todo)-1]
			for name, sure := range d.uses {
				r.name(name, sure)
			}
		}
		before := len(r.kept)
		for _, d := range u.decls {
			if d.refusal == nil && (d.operator && r.touches(d) || d.assertion && r.covers(d)) {
				r.add(d)
			}
		}
		if len(r.kept) == before {
			return r
		}
	}
}

// touches reports whether an operator has a type that is reached, or none of the source's.
func (r *reached) touches(d *declaration) bool {
	if len(d.signature) == 0 {
		return true
	}
	for name := range d.signature {
		for _, of := range r.u.byName[name] {
			if r.kept[of] {
				return true
			}
		}
	}
	return false
}

// covers reports whether all that an assertion names is reached and not refused.
func (r *reached) covers(d *declaration) bool {
	for name := range d.uses {
		all, kept := r.u.byName[name], false
		for _, of := range all {
			if of.refusal != nil {
				return false
			}
			kept = kept || r.kept[of]
		}
		if len(all) > 0 && !kept {
			return false
		}
	}
	return true
}

func (r *reached) refuse(e *Error) {
	if r.refusal == nil || e.File == r.refusal.File && e.Line < r.refusal.Line { // the same one every time
		r.refusal = e
	}
}

func (r *reached) add(d *declaration) {
	if d == nil || r.kept[d] {
		return
	}
	r.kept[d] = true
	if d.refusal != nil {
		r.refuse(d.refusal)
		return
	}
	r.todo = append(r.todo, d)
}

// name adds what a name may mean. Of overloads those that are refused stay away
// while others are left, and what is only perhaps meant does so too.
func (r *reached) name(name string, sure bool) {
	all := r.u.byName[name]
	if len(all) == 0 || r.sure[name] {
		return
	}
	r.sure[name] = sure
	live := false
	for _, d := range all {
		live = live || d.function && d.refusal == nil
	}
	for _, d := range all {
		if d.refusal != nil && (!sure || d.function && live) {
			r.left = append(r.left, d)
			continue
		}
		r.add(d)
	}
}

// LeftOut lists, a line each, what a kernel's rendering lacks because it is outside
// the subset: overloads that others of their names may stand in for, and what only
// perhaps is meant. It belongs to a compiler's errors, which may be for want of it.
func (u *Unit) LeftOut(k *Kernel) string {
	text := ""
	seen := map[*declaration]bool{}
	for _, d := range u.reach([]*Kernel{k}).left {
		if !seen[d] {
			text += "\nleft out: " + d.names[0] + ": " + d.refusal.Error()
		}
		seen[d] = true
	}
	return text
}
