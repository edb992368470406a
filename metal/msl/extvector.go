package msl

// extendedVectors writes vector types of Clang's extension, which other compilers
// do not have or not of half, as Metal's own:
//
//	typedef half h2 __attribute__((ext_vector_type(2)));  // typedef metal::vec<half, 2> h2;
func (u *Unit) extendedVectors() {
	for i := 0; i < len(u.toks); i++ {
		if t := u.toks[i]; t.is("ext_vector_type") || t.is("__ext_vector_type__") {
			i = u.extendedVector(i)
		}
	}
}

// extendedVector rewrites the declaration around the attribute's word, and
// returns the last of its new tokens. One that is no typedef or using of a plain
// type stays, and is refused where it is used.
func (u *Unit) extendedVector(i int) int {
	is := func(at int, text string) bool { return at >= 0 && at < len(u.toks) && u.toks[at].is(text) }
	last := i + 1
	for depth := 0; last < len(u.toks); last++ {
		if u.toks[last].is("(") {
			depth++
		} else if u.toks[last].is(")") {
			if depth--; depth == 0 {
				break
			}
		}
	}
	if !is(i-3, "__attribute__") || !is(i-2, "(") || !is(i-1, "(") || !is(i+1, "(") || !is(last+1, ")") || !is(last+2, ")") || last == i+2 {
		return i
	}
	begin, end := i-3, last+3
	for begin > 0 && !is(begin-1, ";") && !is(begin-1, "{") && !is(begin-1, "}") && u.toks[begin-1].kind != tokPragma {
		begin--
	}
	for end < len(u.toks) && !is(end, ";") {
		end++
	}
	count := u.toks[i+2 : last]
	rest := append(append([]token(nil), u.toks[begin:i-3]...), u.toks[last+3:end]...)
	var name token
	var typ []token
	switch {
	case len(rest) >= 3 && rest[0].is("typedef"):
		name, typ = rest[len(rest)-1], rest[1:len(rest)-1]
	case len(rest) >= 4 && rest[0].is("using") && rest[2].is("="):
		name, typ = rest[1], rest[3:]
	default:
		return i
	}
	for _, t := range append(typ[:len(typ):len(typ)], name) {
		if t.kind != tokIdent && !t.is("::") {
			return i
		}
	}
	at := func(t token, text string, kind tokenKind) token { // in a token's place
		t.text, t.kind, t.space = text, kind, true
		return t
	}
	first := typ[0]
	out := append([]token{}, at(rest[0], "typedef", tokIdent), at(first, "metal", tokIdent), at(first, "::", tokPunct), at(first, "vec", tokIdent), at(first, "<", tokPunct))
	out = append(append(out, typ...), at(first, ",", tokPunct))
	out = append(append(out, count...), at(first, ">", tokPunct), at(name, name.text, tokIdent))
	u.toks = append(append(append([]token(nil), u.toks[:begin]...), out...), u.toks[end:]...)
	return begin + len(out)
}
