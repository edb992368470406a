package msl

import (
	"slices"
	"strings"
)

// choice is a `c ? x : y` by its punctuation.
type choice struct{ question, colon, depth int }

// conditionals finds each `c ? x : 0.0f` and `c ? 0.0f : x`, and marks the arm x:
// what computes in half or bfloat there is a float in Metal. In a rendering both
// are classes, which a compiler does not choose between and float; nor between
// and an integer literal, which is marked likewise.
func (u *Unit) conditionals() {
	found := u.choices()
	floats := map[int]bool{} // by their question mark: those that have an arm known to be a float
	for _, c := range slices.Backward(found) {
		end := u.armEnd(c.colon + 1)
		first, second := u.isFloat(c.question+1, c.colon, floats), u.isFloat(c.colon+1, end, floats)
		floats[c.question] = first || second
		if second && !first {
			u.besideFloat(c.question+1, c.colon-1)
		} else if first && !second {
			u.besideFloat(c.colon+1, end-1)
		} else if !first && !u.besideInt(c, end) {
			u.besideSum(c, end)
		}
	}
}

// choices are the conditionals of the source, in the order of their question
// marks: each behind those it is an arm of.
func (u *Unit) choices() []choice {
	var open, found []choice
	depth := 0
	for i, t := range u.toks {
		switch {
		case u.match[i] > i:
			depth++
		case u.match[i] >= 0 || t.is(";"):
			if u.match[i] >= 0 {
				depth--
			}
			for len(open) > 0 && (open[len(open)-1].depth > depth || t.is(";")) {
				open = open[:len(open)-1]
			}
		case t.is("?"):
			open = append(open, choice{question: i, depth: depth})
		case t.is(":"):
			if n := len(open) - 1; n >= 0 && open[n].depth == depth {
				open[n].colon = i
				found, open = append(found, open[n]), open[:n]
			}
		}
	}
	slices.SortFunc(found, func(a, b choice) int { return a.question - b.question })
	return found
}

func (u *Unit) besideFloat(begin, last int) {
	if begin <= last {
		u.before[begin] = "metal::beside_float_((" + u.before[begin]
		u.after[last] += "))"
	}
}

// besideInt gives an arm that is an integer literal the type of the other one. It
// reports whether there is one.
func (u *Unit) besideInt(c choice, end int) bool {
	first, second := u.isInt(c.question+1, c.colon), u.isInt(c.colon+1, end)
	if !first && !second || end <= c.colon+1 || c.colon <= c.question+1 {
		return false
	}
	if first == second {
		return true
	}
	literal, other := [2]int{c.question + 1, c.colon - 1}, [2]int{c.colon + 1, end - 1}
	if second {
		literal, other = other, literal
	}
	if !u.oneArm(other[0], other[1]+1) {
		return true
	}
	u.before[other[0]] = "metal::beside_int_((" + u.before[other[0]]
	u.after[other[1]] += "))"
	u.before[literal[0]] = "metal::int_arm_{" + u.before[literal[0]]
	u.after[literal[1]] += "}"
	return true
}

// besideSum marks arms of which one is a sum or a product. Each is told the type of
// the other, which may be float where it is half.
func (u *Unit) besideSum(c choice, end int) {
	a, b := span{begin: c.question + 1, end: c.colon}, span{begin: c.colon + 1, end: end}
	if !u.oneArm(a.begin, a.end) || !u.oneArm(b.begin, b.end) || !u.sum(a.begin, a.end) && !u.sum(b.begin, b.end) {
		return
	}
	for i := a.begin; i < b.end; i++ {
		if t := u.toks[i]; t.is("?") || t.is("{") { // long chains would grow without bound; a lambda has no place in decltype
			return
		}
	}
	u.beside[a.begin], u.beside[b.begin] = b, a
	u.after[a.end-1] += ")"
	u.after[b.end-1] += ")"
}

// sum reports whether tokens [i,j) are operands with an arithmetic operator between.
func (u *Unit) sum(i, j int) bool {
	for j-i > 2 && u.toks[i].is("(") && u.match[i] == j-1 {
		i, j = i+1, j-1
	}
	for k := i; k < j; k++ {
		if t := u.toks[k]; u.match[k] > k {
			k = u.match[k]
		} else if k > i && (t.is("+") || t.is("-") || t.is("*") || t.is("/")) && u.operand(k-1) && !u.toks[k-1].is("return") {
			return true
		}
	}
	return false
}

// oneArm reports whether tokens [i,j) are an expression without comparisons, but
// for those of a conditional: what looks like one may be the end of a template
// argument list.
func (u *Unit) oneArm(i, j int) bool {
	for k := i; k < j; k++ {
		if u.match[k] > k {
			k = u.match[k]
		} else if u.toks[k].is("?") {
			i = k + 1
		}
	}
	for ; i < j; i++ {
		switch t := u.toks[i]; {
		case u.match[i] > i:
			i = u.match[i]
		case t.is("<"):
			behind, ok := u.angles(i, j)
			if !ok || !u.opens(i) {
				return false
			}
			i = behind - 1
		case t.is(">") || t.kind == tokPragma:
			return false
		}
	}
	return true
}

// isInt reports whether tokens [i,j) are an integer literal without a suffix.
func (u *Unit) isInt(i, j int) bool {
	if i < j && u.toks[i].is("-") {
		i++
	}
	return j-i == 1 && u.toks[i].kind == tokNumber && strings.Trim(u.toks[i].text, "0123456789") == ""
}

// armEnd is behind the last token of an expression without a comma that begins at i.
func (u *Unit) armEnd(i int) int {
	nested := 0 // conditionals that begin in this arm
	for ; i < len(u.toks); i++ {
		t := u.toks[i]
		switch {
		case u.match[i] > i:
			i = u.match[i]
		case u.match[i] >= 0, t.is(","), t.is(";"), t.kind == tokPragma, t.is(":") && nested == 0:
			return i
		case t.is(":"):
			nested--
		case t.is("?"):
			nested++
		case t.is("<") && u.toks[i-1].kind == tokIdent:
			if behind, ok := u.angles(i, len(u.toks)); ok && behind < len(u.toks) && (u.toks[behind].is("(") || u.toks[behind].is("::")) {
				i = behind - 1
			}
		}
	}
	return i
}

// isFloat reports whether tokens [i,j) are sure to be a float, or a vector: a
// literal, perhaps with a sign; a constant that the preprocessor made one; a
// float(...); a conditional that has such an arm.
func (u *Unit) isFloat(i, j int, floats map[int]bool) bool {
	for k := i; k < j; k++ {
		if u.match[k] > k {
			k = u.match[k]
		} else if u.toks[k].is("?") {
			return floats[k]
		}
	}
	if i < j && (u.toks[i].is("-") || u.toks[i].is("+")) {
		i++
	}
	switch {
	case j-i == 6 && u.toks[i].is("metal"): // INFINITY, NAN
		return u.toks[i+2].is("bits_as_const_")
	case j-i > 2 && u.toks[i].is("float"):
		return u.toks[i+1].is("(") && u.match[i+1] == j-1
	case j-i != 1 || u.toks[i].kind != tokNumber:
		return false
	}
	lower := strings.ToLower(u.toks[i].text)
	if strings.HasPrefix(lower, "0x") {
		return strings.Contains(lower, "p")
	}
	return strings.ContainsAny(lower, ".ef") && !strings.HasSuffix(lower, "h") && !strings.HasSuffix(lower, "bf")
}
