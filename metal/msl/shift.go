package msl

// shifts marks the shifts whose counts may reach the width of what is shifted.
// Apple's compiler masks counts (prelude/shift.h). In C++ such a shift is undefined,
// and PTX gives 0 or the sign. Counts that are literals below 32 stay as they are.
func (u *Unit) shifts() {
	closes := u.closers()
	for i := 1; i+3 < len(u.toks); i++ {
		t := u.toks[i]
		if t.kind != tokPunct || !u.operand(i-1) {
			continue
		}
		switch {
		case t.is("<<") && u.counts(i+1), t.is(">") && u.toks[i+1].is(">") && !closes[i] && u.counts(i+2):
			op := "<<"
			if t.is(">") {
				op = ">>"
			}
			u.before[i] = op + " metal::shift_by_{} "
			if t.is(">") {
				i++
			}
		case (t.is("<<=") || t.is(">>=")) && u.counts(i+1):
			u.before[i] = t.text[:2] + " metal::shift_to_{} "
			u.assigns[i] = true
		}
	}
}

// operand reports whether an operand can end at the token.
func (u *Unit) operand(i int) bool {
	t := u.toks[i]
	return t.kind == tokIdent && !t.is("operator") || t.kind == tokNumber || t.kind == tokChar || t.is(")") || t.is("]") || t.is("}") || t.is("++") || t.is("--")
}

// counts reports whether a shift count begins at the token that may be 32 or more.
func (u *Unit) counts(i int) bool {
	t := u.toks[i]
	if t.kind == tokPunct {
		return t.is("(") || t.is("-") || t.is("+") || t.is("~") || t.is("!") || t.is("*") || t.is("++") || t.is("--") || t.is("::")
	}
	if n, ok := integer(t.text); t.kind != tokNumber || !ok || n >= 32 || n < 0 {
		return true
	}
	switch u.toks[i+1].text {
	case "+", "-", "*", "/", "%":
		return true // the count is a sum or a product
	}
	return false
}

// closers are the `>` that end template argument lists. In `a < b && c >> n` the
// first one does not: a list has no && unless a second list ends with it.
func (u *Unit) closers() map[int]bool {
	opened := map[int]int{} // '>' -> '<'
	for i := 1; i < len(u.toks); i++ {
		if !u.toks[i].is("<") || !u.opens(i) {
			continue
		}
		if behind, ok := u.angles(i, len(u.toks)); ok {
			opened[behind-1] = i
		}
	}
	closes := map[int]bool{}
	for j, i := range opened {
		_, both := opened[j+1]
		closes[j] = both || !u.logical(i+1, j)
	}
	return closes
}

// logical reports whether tokens [i,j) hold && or || outside brackets.
func (u *Unit) logical(i, j int) bool {
	for ; i < j; i++ {
		if u.match[i] > i {
			i = u.match[i]
		} else if u.toks[i].is("&&") || u.toks[i].is("||") {
			return true
		}
	}
	return false
}
