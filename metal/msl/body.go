package msl

import "regexp"

// plain marks what changes in ordinary code: address spaces, attributes,
// threadgroup variables and queries of function constants.
func (w *walker) plain(i, end int) {
	u := w.u
	begin := i
	var braces []int // enclosing brackets within this range
	for ; i < end; i++ {
		t := u.toks[i]
		if last, ok := u.attribute(i); ok {
			w.erase(i, last)
			i = last
			continue
		}
		if t.kind == tokPunct {
			if t.is("[") && i > begin {
				w.designators(i, end)
			}
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
			switch n := len(braces) - 1; {
			case n < 0 && i+1 < end && u.toks[i+1].kind != tokIdent && !u.toks[i+1].is("::"): // a member function's, or behind its type
				u.edits[i] = edit{role: roleErase}
			case n >= 0 && u.toks[braces[n]].is("{"):
				w.threadgroup(i, braces[n]+1, end, true, n == 0 && w.inKernel)
			case n >= 0 || i > 0 && (u.toks[i-1].is(")") || u.toks[i-1].is("<") || u.toks[i-1].is(",") || u.toks[i-1].is("=")): // an argument's, a member function's
				u.edits[i] = edit{role: roleErase}
			default:
				w.threadgroup(i, begin, end, false, false)
			}
		case "coherent":
			w.coherent(i, begin, end)
		case "is_function_constant_defined":
			if i+3 < end && u.toks[i+1].is("(") && u.toks[i+2].kind == tokIdent && u.toks[i+3].is(")") {
				u.edits[i] = edit{role: roleDefined, text: u.toks[i+2].text}
				u.asks[u.toks[i+2].text] = true
				w.erase(i+1, i+3)
			}
		}
	}
}

// coherent memory is written by other threadgroups meanwhile: volatile is what
// other compilers have for it.
func (w *walker) coherent(i, begin, end int) {
	u := w.u
	last := i
	if i+3 < end && u.toks[i+1].is("(") && u.toks[i+2].kind == tokIdent && u.toks[i+3].is(")") {
		last = i + 3
	}
	if last+1 >= end || !qualifier[u.toks[last+1].text] && (i == begin || !qualifier[u.toks[i-1].text]) {
		return // a name
	}
	w.erase(i, last)
	for j := i - 1; j >= begin && u.toks[j].kind == tokIdent; j-- {
		if u.toks[j].is("volatile") {
			return
		}
	}
	for j := last + 1; j < end && u.toks[j].kind == tokIdent; j++ {
		if u.toks[j].is("volatile") {
			return
		}
	}
	u.edits[i] = edit{role: roleText, text: "volatile"}
}

var qualifier = map[string]bool{"device": true, "constant": true, "threadgroup": true, "volatile": true, "const": true}

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
