package msl

import "slices"

// extendedVectors writes vector types of Clang's extension, which other compilers
// do not have or not of half, as Metal's own:
//
//	typedef half h2 __attribute__((ext_vector_type(2)));  // typedef metal::vec<half, 2> h2;
func (u *Unit) extendedVectors() {
	var out []token
	written := 0 // tokens that out has, or others in their places
	for i := 0; i < len(u.toks); i++ {
		if t := u.toks[i]; !t.is("ext_vector_type") && !t.is("__ext_vector_type__") {
			continue
		}
		if begin, end, typedef := u.extendedVector(i); typedef != nil {
			out = append(append(out, u.toks[written:begin]...), typedef...)
			written, i = end, end
		}
	}
	if written > 0 {
		u.toks = append(out, u.toks[written:]...)
	}
}

// extendedVector is the declaration [begin,end) around the attribute's word, and the
// typedef to write in its place. There is none for what is no typedef or using of a
// plain type: it stays, and is refused where it is used.
func (u *Unit) extendedVector(i int) (begin, end int, typedef []token) {
	is := func(at int, text string) bool { return at >= 0 && at < len(u.toks) && u.toks[at].is(text) }
	if !is(i-3, "__attribute__") || !is(i-2, "(") || !is(i-1, "(") || !is(i+1, "(") {
		return 0, 0, nil
	}
	first, behind := max(0, i-maxLookahead), min(len(u.toks), i+maxLookahead)
	last := i + 1
	for depth := 0; last < behind; last++ {
		if u.toks[last].is("(") {
			depth++
		} else if u.toks[last].is(")") {
			if depth--; depth == 0 {
				break
			}
		}
	}
	if !is(last+1, ")") || !is(last+2, ")") || last == i+2 {
		return 0, 0, nil
	}
	begin, end = i-3, last+3
	for begin > first && !is(begin-1, ";") && !is(begin-1, "{") && !is(begin-1, "}") && u.toks[begin-1].kind != tokPragma {
		begin--
	}
	for end < behind && !is(end, ";") {
		end++
	}
	if !is(end, ";") {
		return 0, 0, nil
	}
	count := u.toks[i+2 : last]
	rest := slices.Concat(u.toks[begin:i-3], u.toks[last+3:end])
	var name token
	var typ []token
	switch {
	case len(rest) >= 3 && rest[0].is("typedef"):
		name, typ = rest[len(rest)-1], rest[1:len(rest)-1]
	case len(rest) >= 4 && rest[0].is("using") && rest[2].is("="):
		name, typ = rest[1], rest[3:]
	default:
		return 0, 0, nil
	}
	for _, t := range append(typ[:len(typ):len(typ)], name) {
		if t.kind != tokIdent && !t.is("::") {
			return 0, 0, nil
		}
	}
	at := func(t token, text string, kind tokenKind) token { // in a token's place
		t.text, t.kind, t.space = text, kind, true
		return t
	}
	metal := typ[0]
	return begin, end, slices.Concat(
		[]token{at(rest[0], "typedef", tokIdent), at(metal, "metal", tokIdent), at(metal, "::", tokPunct), at(metal, "vec", tokIdent), at(metal, "<", tokPunct)},
		typ, []token{at(metal, ",", tokPunct)}, count, []token{at(metal, ">", tokPunct), at(name, name.text, tokIdent)})
}
