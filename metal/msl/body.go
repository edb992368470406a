package msl

import "regexp"

// plain marks what changes in ordinary code: address spaces, attributes,
// threadgroup variables and queries of function constants.
func (w *walker) plain(i, end int) {
	u := w.u
	var braces []int // enclosing brackets within this range
	for ; i < end; i++ {
		t := u.toks[i]
		if last, ok := u.attribute(i); ok {
			w.erase(i, last)
			i = last
			continue
		}
		if t.kind == tokPunct {
			if u.match[i] > i {
				braces = append(braces, i)
			} else if u.match[i] >= 0 && len(braces) > 0 {
				braces = braces[:len(braces)-1]
			}
			continue
		}
		if t.kind != tokIdent || u.edits[i].role != roleNone {
			continue
		}
		switch t.text {
		case "device", "thread":
			u.edits[i] = edit{role: roleErase}
		case "constant":
			u.edits[i] = w.constant(i, end)
		case "threadgroup":
			inBlock := len(braces) > 0 && u.toks[braces[len(braces)-1]].is("{")
			u.edits[i] = edit{role: roleErase}
			if last, ok := w.shared(i, end); ok && inBlock {
				u.edits[i] = edit{role: roleShared, until: last}
			}
		case "is_function_constant_defined":
			if i+3 < end && u.toks[i+1].is("(") && u.toks[i+2].kind == tokIdent && u.toks[i+3].is(")") {
				u.edits[i] = edit{role: roleDefined, text: u.toks[i+2].text}
				w.erase(i+1, i+3)
			}
		}
	}
}

// constant becomes const, unless the type says so already.
func (w *walker) constant(i, end int) edit {
	u := w.u
	if i > 0 && u.toks[i-1].is(")") { // qualifies a member function
		return edit{role: roleErase}
	}
	for j := i - 1; j >= max(0, i-maxLookahead/4) && u.toks[j].kind == tokIdent; j-- {
		if u.toks[j].is("const") {
			return edit{role: roleErase}
		}
	}
	for j := i + 1; j < min(end, i+maxLookahead/4); j++ {
		t := u.toks[j]
		if t.is("const") {
			return edit{role: roleErase}
		}
		if t.is("<") {
			if behind, ok := u.angles(j, end); ok {
				j = behind - 1
				continue
			}
		}
		if t.kind != tokIdent && !t.is("::") {
			break
		}
	}
	return edit{role: roleText, text: "const"}
}

// shared reports whether `threadgroup` at i begins the declaration of
// threadgroup variables (not of a pointer to some), and its last token.
func (w *walker) shared(i, end int) (last int, ok bool) {
	u := w.u
	words := 0
	j := i + 1
	for ; j < min(end, i+maxLookahead); j++ {
		t := u.toks[j]
		switch {
		case t.is("alignas") && j+1 < end && u.toks[j+1].is("("):
			j = u.match[j+1]
			continue
		case t.is("const") || t.is("volatile"):
			continue
		case t.kind == tokIdent:
			if j > i+1 && u.toks[j-1].is("::") {
				continue
			}
			words++
			continue
		case t.is("::"):
			continue
		case t.is("<"):
			behind, ok := u.angles(j, end)
			if !ok {
				return 0, false
			}
			j = behind - 1
			continue
		}
		break
	}
	if words < 2 || j >= end || !u.toks[j].is("[") && !u.toks[j].is(";") && !u.toks[j].is(",") {
		return 0, false
	}
	for ; j < end; j++ {
		switch {
		case u.toks[j].is(";"):
			return j, true
		case u.match[j] > j:
			j = u.match[j]
		}
	}
	return 0, false
}

// declarators splits the threadgroup declaration that begins at i into its
// type and its variables, dimensions included.
func (u *Unit) declarators(i int) (typ string, names, dims []string) {
	last := u.edits[i].until
	parts := u.split(i+1, last)
	for n, part := range parts {
		end := part[1]
		bracket := end
		for j := part[0]; j < end; j++ {
			if u.toks[j].is("[") {
				bracket = j
				break
			}
			if u.toks[j].is("(") || u.toks[j].is("<") {
				if u.toks[j].is("(") {
					j = u.match[j]
				} else if behind, ok := u.angles(j, end); ok {
					j = behind - 1
				}
			}
		}
		name := bracket - 1
		if name < part[0] {
			continue
		}
		if n == 0 {
			begin := part[0]
			for begin < name {
				if u.toks[begin].is("alignas") && u.match[begin+1] > 0 {
					begin = u.match[begin+1] + 1
					continue
				}
				break
			}
			typ = u.text(begin, name)
		}
		names = append(names, u.toks[name].text)
		dims = append(dims, u.text(bracket, end))
	}
	return typ, names, dims
}

var swizzlePattern = regexp.MustCompile(`^([xyzw]{2,4}|[rgba]{1,4})$`)

func swizzleName(name string) bool { return len(name) <= 4 && swizzlePattern.MatchString(name) }

// swizzles collects the component selections in use, so that the prelude
// declares only those.
func (u *Unit) swizzles() {
	seen := map[string]bool{}
	for i, t := range u.toks {
		if t.kind == tokIdent && swizzleName(t.text) && u.memberName(i) {
			seen[t.text] = true
		}
	}
	u.swizzle = sorted(seen)
}
